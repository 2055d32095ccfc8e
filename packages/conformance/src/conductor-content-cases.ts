import type { Conductor, TaskContext, WorkflowSpec } from '@symphony/interface'
import { made } from './conductor-stage.ts'
import { equal, ok, rejects, same } from './expectations.ts'
import type { Case } from './suite.ts'

async function* chunks(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield new TextEncoder().encode(text)
}

async function textOf(content: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of content) text += decoder.decode(chunk, { stream: true })
  return text + decoder.decode()
}

/** Outputs that are stored before their task returns, and read in pieces. */
export const contentCases: readonly Case<Conductor>[] = [
  {
    name: 'takes what a task stored itself for its output, and lets the next one read it in chunks',
    async run(make) {
      const { conductor, runtime } = await made(make)
      const workflow: WorkflowSpec = {
        name: 'streamed',
        output: 'reader',
        tasks: [
          { id: 'writer', run: async ({ storeStream, output }: TaskContext) => output(await storeStream(chunks('two ', 'parts'), 'text/plain')) },
          { id: 'reader', needs: ['writer'], run: async ({ inputs, open }: TaskContext) => textOf(open(inputs.ref('writer')!)) },
        ],
      }
      const handle = await conductor.orchestrate(workflow)
      equal(await handle.result(), 'two parts')
      const [writer] = runtime.dag.tasks(handle.id)
      equal(runtime.artifacts.getText(writer!.output!), 'two parts')
      same([runtime.artifacts.head(writer!.output!)?.mediaType, runtime.artifacts.head(writer!.output!)?.madeBy], ['text/plain', 'writer'])
    },
  },
  {
    name: 'hands on what came in without a copy, and takes no object that merely looks like an address',
    async run(make) {
      const { conductor, runtime } = await made(make)
      const alike = { type: 'stored-output', ref: 'f'.repeat(64) }
      const handle = await conductor.orchestrate({
        name: 'handed on',
        tasks: [
          { id: 'first', run: ({ store, output }) => output(store({ rows: [1, 2] })) },
          { id: 'second', needs: ['first'], run: ({ inputs, output }) => output(inputs.ref('first')!) },
          { id: 'alike', run: () => alike },
        ],
      })
      same(await handle.result(), { second: { rows: [1, 2] }, alike })
      const outputs = await handle.outputs()
      equal(outputs['second'], runtime.dag.tasks(handle.id)[0]!.output)
    },
  },
  {
    name: 'fails a task that names content which is not there',
    async run(make) {
      const { conductor } = await made(make)
      const missing = 'e'.repeat(64) as never
      const handle = await conductor.orchestrate({ name: 'missing', tasks: [{ id: 'a', run: ({ output }) => output(missing) }] })
      await rejects('WORKFLOW_FAILED', handle.result())
      const [failure] = handle.state().failures
      equal(failure?.error.code, 'ARTIFACT_UNKNOWN')
    },
  },
  {
    name: 'stores no more of a stream whose attempt was given up',
    async run(make) {
      const { conductor, settle } = await made(make)
      let given = 0
      const goOn = Promise.withResolvers<void>()
      async function* endless(): AsyncGenerator<Uint8Array> {
        for (;;) {
          yield Uint8Array.of(given++)
          if (given === 3) await goOn.promise
        }
      }
      const handle = await conductor.orchestrate({ name: 'endless', tasks: [{ id: 'a', run: ({ storeStream }) => storeStream(endless()) }] })
      await settle()
      handle.cancel()
      goOn.resolve()
      await settle()
      ok(given <= 4, `${given} chunks were asked for`)
    },
  },
]
