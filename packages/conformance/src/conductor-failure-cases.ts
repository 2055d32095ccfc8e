import type { Conductor, Json, SchemaResult, StandardSchema, WorkflowSpec } from '@symphony/interface'
import { made } from './conductor-stage.ts'
import { equal, ok, rejects, same } from './expectations.ts'
import type { Case } from './suite.ts'

function boom(): never {
  throw new Error('no luck')
}

/** Takes numbers, and makes twice as much of them. */
function doubled(isLate: boolean): StandardSchema<unknown, number> {
  const check = (value: unknown): SchemaResult<number> => (typeof value === 'number' ? { value: value * 2 } : { issues: [{ message: 'is no number', path: ['value'] }] })
  return { '~standard': { version: 1, vendor: 'suite', validate: (value) => (isLate ? Promise.resolve(check(value)) : check(value)) } }
}

/** What becomes of a task whose attempts fail: tried again, in another way, replaced by a default, or failed. */
export const failureCases: readonly Case<Conductor>[] = [
  {
    name: 'looks at what a task leaves: it leaves what its schema makes of it, or fails with all problems, and nothing after it sees the value',
    async run(make) {
      const { conductor, runtime, clock, settle } = await made(make, { models: { guess: (input: string) => input } })
      runtime.dag.defineWorkflow({ name: 'inner', output: 'a', tasks: [{ id: 'a', run: () => 'not a number' }] })
      let attempts = 0
      const outputSchema = doubled(false)
      const handle = await conductor.orchestrate({ name: 'checked', tasks: [
        { id: 'fits', outputSchema, run: () => 4 },
        { id: 'later', outputSchema: doubled(true), run: async () => 5 },
        { id: 'none', outputSchema, retry: { attempts: 3, delayMs: 0 }, run: () => (attempts++, undefined) },
        { id: 'guess', outputSchema, model: 'guess', input: () => 'text' },
        { id: 'too late', outputSchema: doubled(true), run: () => 'text' },
        { id: 'other way', outputSchema, run: () => 'text', fallback: { run: () => 6 } },
        { id: 'instead', outputSchema, run: () => 'text', default: 14 },
        { id: 'inner', outputSchema, workflow: 'inner', input: () => null },
        { id: 'kept', outputSchema, run: ({ store, output }) => output(store('text')) },
        { id: 'after', needs: ['none'], run: boom },
      ] })
      await settle()
      clock.advance(1)
      const report = await handle.ended()
      const ends = Object.fromEntries(runtime.dag.tasks(handle.id).map(({ id, state, output, error }) => [id, state === 'failed' ? error?.code : output === undefined ? state : runtime.artifacts.head(output)?.mediaType === 'application/json' ? runtime.artifacts.getJson(output) : 'text']))
      same(ends, {
        fits: 8, later: 10, none: 'OUTPUT_INVALID', guess: 'OUTPUT_INVALID', 'too late': 'OUTPUT_INVALID', 'other way': 12, instead: 14, inner: 'OUTPUT_INVALID', kept: 'text', after: 'skipped',
      })
      equal(attempts, 1, 'the same function would leave the same')
      same(report.failures.find(({ task }) => task === 'guess')?.error.details['problems'], ['output.value: is no number'])
    },
  },
  {
    name: 'tries again only what its policy names by code',
    async run(make) {
      const { conductor, clock, settle } = await made(make)
      let attempts = 0
      const handle = await conductor.orchestrate({ name: 'classes', tasks: [{ id: 'a', retry: { attempts: 3, delayMs: 10, on: ['TIMEOUT'] }, run: () => (attempts++, boom()) }] })
      await settle()
      clock.advance(1000)
      await settle()
      equal((await handle.ended()).state, 'failed')
      equal(attempts, 1)
    },
  },
  {
    name: 'spends the retries of a run once, whichever tasks ask for them',
    async run(make) {
      const { conductor, clock, settle } = await made(make)
      let attempts = 0
      const retry = { attempts: 10, delayMs: 10, backoff: 'constant' } as const
      const tasks = ['a', 'b', 'c'].map((id) => ({ id, retry, run: () => (attempts++, boom()) }))
      const handle = await conductor.orchestrate({ name: 'budgeted', retriesMax: 4, tasks })
      for (let round = 0; round < 20; round++) {
        await settle()
        clock.advance(10)
      }
      equal((await handle.ended()).state, 'failed')
      equal(attempts, 3 + 4)
    },
  },
  {
    name: 'goes another way when the first has failed for good, and only then',
    async run(make) {
      const { conductor, clock, settle } = await made(make, { models: { bad: boom, good: (input: string) => `good ${input}` } })
      const calls: string[] = []
      const handle = await conductor.orchestrate({
        name: 'other-way',
        tasks: [
          { id: 'function', retry: { attempts: 2, delayMs: 10 }, run: () => (calls.push('first'), boom()), fallback: { run: () => (calls.push('second'), 'plain') } },
          { id: 'model', model: 'bad', input: () => 'text', fallback: { model: 'good', input: () => 'text' } },
        ],
      })
      await settle()
      same(calls, ['first'])
      for (let step = 0; step < 4; step++) {
        clock.advance(10)
        await settle()
      }
      same(calls, ['first', 'first', 'second'])
      same(await handle.result(), { function: 'plain', model: 'good text' })
    },
  },
  {
    name: 'fails when the other way fails too',
    async run(make) {
      const { conductor, clock, settle } = await made(make)
      const handle = await conductor.orchestrate({ name: 'no-way', tasks: [{ id: 'a', run: boom, fallback: { run: () => { throw new Error('nor that') } } }] })
      await settle()
      clock.advance(1)
      const error = await rejects('WORKFLOW_FAILED', handle.result())
      ok(error.message.includes('nor that'), 'the last failure is told')
    },
  },
  {
    name: 'puts a default in the place of what failed, counted as such',
    async run(make) {
      const { conductor } = await made(make)
      const handle = await conductor.orchestrate({
        name: 'default',
        output: 'look',
        tasks: [{ id: 'a', run: boom, default: { pages: [] } }, { id: 'look', needs: ['a'], run: ({ inputs }) => [inputs.outcome('a'), inputs.get('a') as Json] }],
      })
      same(await handle.result(), ['succeeded', { pages: [] }])
      equal(handle.progress().defaulted, 1)
      equal(handle.progress().failed, 0)
    },
  },
  {
    name: 'gives up an attempt that tells no progress, not one that does',
    async run(make) {
      const { conductor, clock, settle } = await made(make)
      const contexts: { progress(fraction: number): void }[] = []
      const handle = await conductor.orchestrate({ name: 'idle', tasks: [{ id: 'a', idleTimeoutMs: 100, run: (context) => (contexts.push(context), new Promise(() => {})) }] })
      await settle()
      for (let step = 1; step <= 5; step++) {
        clock.advance(60)
        contexts[0]?.progress(step / 10)
        await settle()
        equal(handle.state().state, 'running')
      }
      clock.advance(100)
      const error = await rejects('WORKFLOW_FAILED', handle.result())
      ok(error.message.includes('no progress'), 'the reason is told')
    },
  },
  {
    name: 'cancels a run that takes longer than its workflow allows, and tells tasks when that will be',
    async run(make) {
      const { conductor, clock, settle } = await made(make)
      const deadlines: (number | undefined)[] = []
      const startedAtMs = clock.nowMs()
      const handle = await conductor.orchestrate({
        name: 'limited',
        timeoutMs: 500,
        tasks: [{ id: 'a', run: ({ deadlineMs }) => void deadlines.push(deadlineMs) }, { id: 'b', needs: ['a'], timeoutMs: 100_000, run: ({ deadlineMs, signal }) => (deadlines.push(deadlineMs), new Promise((resolve) => signal.addEventListener('abort', resolve))) }],
      })
      await settle()
      same(deadlines, [startedAtMs + 500, startedAtMs + 500])
      clock.advance(499)
      await settle()
      equal(handle.state().state, 'running')
      clock.advance(1)
      const error = await rejects('RUN_CANCELLED', handle.result())
      ok(error.message.includes('500 ms'), 'the limit is told')
    },
  },
  {
    name: 'undoes what a failed run has done, last first, each until it works',
    async run(make) {
      const { conductor, clock, settle } = await made(make)
      const done: string[] = []
      let refusals = 1
      const book = (id: string, ...needs: string[]): WorkflowSpec['tasks'][number] => ({
        id,
        needs,
        params: { seat: id },
        retry: { attempts: 2, delayMs: 10 },
        run: () => (done.push(`book ${id}`), `ticket ${id}`),
        compensate: (output, { params, runInput }) => {
          if (id === 'hotel' && refusals-- > 0) throw new Error('call again')
          done.push(`cancel ${(params as { seat: string }).seat} ${String(output)} ${String(runInput)}`)
        },
      })
      const handle = await conductor.orchestrate({ name: 'journey', tasks: [book('train'), book('hotel', 'train'), { id: 'pay', needs: ['hotel'], run: boom }, book('guide', 'pay')] }, 'Ann', { id: 'trip' })
      await rejects('WORKFLOW_FAILED', handle.result())
      const undoing = handle.compensation()
      ok(undoing !== undefined, 'the undoing is a run')
      for (let step = 0; step < 3; step++) {
        await settle()
        clock.advance(10)
      }
      equal((await undoing.ended()).state, 'succeeded')
      same(done, ['book train', 'book hotel', 'cancel hotel ticket hotel Ann', 'cancel train ticket train Ann'])
    },
  },
  {
    name: 'undoes a run that was tried again and failed again: what it has done since, and nothing twice; whatever its input weighs',
    async run(make) {
      const { conductor, runtime, settle } = await made(make)
      const done: string[] = []
      const input = 'x'.repeat(3 << 20)
      const book = (id: string, ...needs: string[]): WorkflowSpec['tasks'][number] => ({
        id, needs, run: () => id, compensate: (_, { runInput, attempt }) => void done.push(`${id} ${(runInput as string).length === input.length} ${attempt}`),
      })
      const handle = await conductor.orchestrate({ name: 'again', tasks: [book('train'), book('hotel', 'train'), { id: 'pay', needs: ['hotel'], run: boom }] }, input, { id: 'trip' })
      equal((await handle.ended()).state, 'failed')
      equal((await handle.compensation()?.ended())?.state, 'succeeded')
      same(done.splice(0), ['hotel true 1', 'train true 1'])
      equal(runtime.dag.retryFrom('trip', 'hotel'), 2)
      await settle()
      equal((await handle.ended()).state, 'failed')
      same([handle.compensation()?.id, (await handle.compensation()?.ended())?.state], ['trip~undo#2', 'succeeded'])
      same(done.splice(0), ['hotel true 1'])
      runtime.dag.retryFrom('trip', 'pay')
      await settle()
      await handle.ended()
      same([handle.compensation()?.id, done], ['trip~undo#2', []], 'nothing was done since')
    },
  },
  {
    name: 'undoes nothing of a run that succeeded, nor of one that had done nothing',
    async run(make) {
      const { conductor } = await made(make)
      let undone = 0
      const compensate = (): void => void undone++
      const good = await conductor.orchestrate({ name: 'good', tasks: [{ id: 'a', run: () => 1, compensate }] })
      await good.ended()
      const bad = await conductor.orchestrate({ name: 'bad', tasks: [{ id: 'a', run: boom, compensate }] })
      await bad.ended()
      same([good.compensation(), bad.compensation(), undone], [undefined, undefined, 0])
    },
  },
]
