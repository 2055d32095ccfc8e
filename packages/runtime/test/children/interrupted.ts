import { appendFileSync } from 'node:fs'
import type { WorkflowSpec } from '@symphony/interface'
import { createRuntime } from '@symphony/runtime'

// A chain of tasks, each of which writes its name into a file: the witness that survives a kill. Where the named task would begin, the
// process waits until everything before it is durable and ends itself without warning; without a name it runs to the end.

const [folder = '', witness = '', killBefore = ''] = process.argv.slice(2)

/** Ten tasks in a row, then a fan-out of ten, then the end. */
export const workflow: WorkflowSpec = {
  name: 'interrupted',
  output: 'end',
  types: [{ name: 'leaf', run: ({ taskId, params }) => done(taskId, params as number) }],
  tasks: [
    ...Array.from({ length: 10 }, (_, index) => ({
      id: `step ${index}`,
      needs: index === 0 ? [] : [`step ${index - 1}`],
      run: async ({ taskId }: { taskId: string }) => done(taskId, index),
    })),
    {
      id: 'split',
      needs: ['step 9'],
      run: ({ taskId, expand }) => {
        expand({ tasks: Array.from({ length: 10 }, (_, params) => ({ id: `leaf ${params}`, type: 'leaf', params, feeds: ['end'] })) })
        return done(taskId, 0)
      },
    },
    { id: 'end', needs: ['split'], run: ({ taskId, inputs }) => done(taskId, inputs.ids.length) },
  ],
}

async function done(task: string, value: number): Promise<number> {
  if (task === killBefore) {
    await symphony.journal?.flush()
    process.kill(process.pid, 'SIGKILL')
  }
  appendFileSync(witness, `${task}\n`)
  return value
}

const symphony = await createRuntime({ folder, workflows: [workflow] })
const handle = await symphony.conductor.orchestrate(workflow, null, { id: 'the-run' })
const result = await handle.result()
process.stdout.write(JSON.stringify({ result, recovery: symphony.recovery, progress: handle.progress() }))
await symphony.close()
