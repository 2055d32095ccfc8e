import type { Conductor, Json, Policy, TaskContext, WorkflowSpec } from '@symphony/interface'
import { familyCases } from './conductor-family-cases.ts'
import { contentCases } from './conductor-content-cases.ts'
import { graphCases } from './conductor-graph-cases.ts'
import { loopCases } from './conductor-loop-cases.ts'
import { failureCases } from './conductor-failure-cases.ts'
import { made } from './conductor-stage.ts'
import { equal, ok, rejects, same } from './expectations.ts'
import type { Case, Suite } from './suite.ts'

const chain = (calls: string[]): WorkflowSpec => ({
  name: 'chain',
  output: 'c',
  tasks: [
    { id: 'a', run: ({ runInput }) => (calls.push('a'), (runInput as number) + 1) },
    { id: 'b', needs: ['a'], run: ({ inputs }) => (calls.push('b'), (inputs.get('a') as number) * 2) },
    { id: 'c', needs: ['b'], run: async ({ inputs }) => (calls.push('c'), { value: inputs.get('b') as number }) },
  ],
})

const running: readonly Case<Conductor>[] = [
  {
    name: 'runs tasks in the order of their needs and hands outputs on',
    async run(make) {
      const { conductor } = await made(make)
      const calls: string[] = []
      const handle = await conductor.orchestrate(chain(calls), 20)
      same(await handle.result(), { value: 42 })
      same(calls, ['a', 'b', 'c'])
      equal(handle.state().state, 'succeeded')
    },
  },
  {
    name: 'joins a wide fan-out that a task adds at run time',
    async run(make) {
      const { conductor } = await made(make)
      const workflow: WorkflowSpec = {
        name: 'fan-out',
        output: 'sum',
        types: [{ name: 'square', run: ({ params }) => (params as number) ** 2 }],
        tasks: [
          { id: 'split', run: ({ expand }: TaskContext) => expandSquares(expand, 500) },
          { id: 'sum', needs: ['split'], run: ({ inputs }) => [...inputs.entries()].reduce((sum, [id, value]) => sum + (id === 'split' ? 0 : (value as number)), 0) },
        ],
      }
      equal(await (await conductor.orchestrate(workflow)).result(), 500 * 499 * 999 / 6)
    },
  },
  {
    name: 'invokes a model with the input a task builds and keeps what it makes of the answer',
    async run(make) {
      const { conductor } = await made(make, { models: { double: (input: number) => input * 2 } })
      const workflow: WorkflowSpec = {
        name: 'model',
        output: 'ask',
        tasks: [{ id: 'ask', model: 'double', input: ({ runInput }) => runInput, output: (answer) => ({ answer: answer as number }) }],
      }
      same(await (await conductor.orchestrate(workflow, 21)).result(), { answer: 42 })
    },
  },
  {
    name: 'refuses a workflow whose models are unknown, before anything runs',
    async run(make) {
      const { conductor } = await made(make)
      const error = await rejects('WORKFLOW_INVALID', conductor.orchestrate({ name: 'x', tasks: [{ id: 'a', model: 'nobody' }] }))
      ok(error.message.includes('nobody'), 'the model is named')
    },
  },
  {
    name: 'starts an id once',
    async run(make) {
      const { conductor } = await made(make)
      const calls: string[] = []
      const first = await conductor.orchestrate(chain(calls), 1, { id: 'same' })
      const second = await conductor.orchestrate(chain(calls), 1, { id: 'same' })
      same(await first.result(), await second.result())
      same(calls, ['a', 'b', 'c'])
    },
  },
  {
    name: 'runs many at once without mixing them',
    async run(make) {
      const { conductor } = await made(make)
      const handles = await Promise.all(Array.from({ length: 200 }, (_, number) => conductor.orchestrate(chain([]), number)))
      const values = await Promise.all(handles.map((handle) => handle.result()))
      same(values, Array.from({ length: 200 }, (_, number) => ({ value: (number + 1) * 2 })))
    },
  },
]

function expandSquares(expand: TaskContext['expand'], count: number): void {
  expand({ tasks: Array.from({ length: count }, (_, number) => ({ id: `square ${number}`, type: 'square', params: number, feeds: ['sum'] })) })
}

const failing: readonly Case<Conductor>[] = [
  {
    name: 'tells which task failed and why',
    async run(make) {
      const { conductor } = await made(make)
      const handle = await conductor.orchestrate({ name: 'bad', tasks: [{ id: 'boom', run: () => { throw new Error('no luck') } }, { id: 'after', needs: ['boom'], run: () => 1 }] })
      const error = await rejects('WORKFLOW_FAILED', handle.result())
      ok(error.message.includes('boom') && error.message.includes('no luck'), 'task and reason are named')
      equal(handle.state().progress.skipped, 1)
    },
  },
  {
    name: 'never hands a failure on as data',
    async run(make) {
      const { conductor } = await made(make)
      const workflow: WorkflowSpec = {
        name: 'soft',
        output: 'look',
        tasks: [
          { id: 'boom', run: () => { throw new Error('no luck') } },
          { id: 'look', needs: [{ task: 'boom', kind: 'soft' }], run: ({ inputs }) => [inputs.outcome('boom'), inputs.get('boom') ?? null] as Json },
        ],
      }
      same(await (await conductor.orchestrate(workflow)).result(), ['failed', null])
    },
  },
  {
    name: 'tries again after the wait its policy says, under the same idempotency key',
    async run(make) {
      const { conductor, clock, settle } = await made(make)
      const seen: string[] = []
      const handle = await conductor.orchestrate({
        name: 'retry',
        output: 'flaky',
        tasks: [{ id: 'flaky', retry: { attempts: 3, backoff: 'exponential', delayMs: 1000 }, run: (context) => {
          seen.push(`${context.attempt} ${context.idempotencyKey}`)
          if (context.attempt < 3) throw new Error('not yet')
          return 'done'
        } }],
      })
      await settle()
      equal(seen.length, 1)
      clock.advance(999)
      await settle()
      equal(seen.length, 1)
      clock.advance(1)
      await settle()
      equal(seen.length, 2)
      clock.advance(2000)
      await settle()
      equal(await handle.result(), 'done')
      same(new Set(seen.map((line) => line.slice(2))).size, 1)
    },
  },
  {
    name: 'fails an attempt that takes longer than allowed and refuses its late answer',
    async run(make) {
      const { conductor, clock, settle } = await made(make)
      const late = Promise.withResolvers<string>()
      const handle = await conductor.orchestrate({ name: 'slow', tasks: [{ id: 'slow', timeoutMs: 100, run: () => late.promise }] })
      await settle()
      clock.advance(100)
      const error = await rejects('WORKFLOW_FAILED', handle.result())
      ok(error.message.includes('100 ms'), 'the limit is named')
      late.resolve('too late')
      await settle()
      equal(handle.state().state, 'failed')
    },
  },
  {
    name: 'stops a cancelled run: the signal fires, nothing more starts, the lease is back',
    async run(make) {
      const { conductor, runtime, settle } = await made(make)
      let fired = false
      const handle = await conductor.orchestrate({
        name: 'cancel',
        tasks: [
          { id: 'wait', run: ({ signal }) => new Promise((resolve) => signal.addEventListener('abort', () => { fired = true; resolve(1) })) },
          { id: 'never', needs: ['wait'], run: () => { throw new Error('ran after cancel') } },
        ],
      })
      await settle()
      const inline = runtime.pool.modelNumber('@inline')
      const freeWhileRunning = runtime.pool.freeSlots(inline)
      equal(handle.cancel('enough'), true)
      const error = await rejects('RUN_CANCELLED', handle.result())
      ok(error.message.includes('enough'), 'the reason is given')
      equal(fired, true)
      equal(runtime.pool.freeSlots(inline), freeWhileRunning + 1)
    },
  },
  {
    name: 'survives a hostile policy: advice only',
    async run(make) {
      let calls = 0
      const hostile: Policy = { name: 'hostile', score: ({ scores }) => { if (calls++ % 2 === 0) throw new Error('no'); scores.fill(Number.NaN) } }
      const { conductor } = await made(make, { policy: hostile })
      same(await (await conductor.orchestrate(chain([]), 20)).result(), { value: 42 })
    },
  },
]

const remembering: readonly Case<Conductor>[] = [
  {
    name: 'recalls an equal task instead of running it, and what it added',
    needs: ['resultReuse'],
    async run(make) {
      const { conductor } = await made(make)
      let calls = 0
      const workflow = (version: string): WorkflowSpec => ({
        name: 'memo',
        version,
        output: 'end',
        types: [{ name: 'leaf', cache: true, run: ({ params }) => (calls++, params) }],
        tasks: [
          { id: 'root', cache: true, version, run: ({ expand }) => (calls++, expand({ tasks: [1, 2].map((params) => ({ id: `leaf ${params}`, type: 'leaf', params, feeds: ['end'] })) })) },
          { id: 'end', needs: ['root'], cache: true, run: ({ inputs }) => (calls++, inputs.ids.filter((id) => id !== 'root').map((id) => inputs.get(id) as number)) },
        ],
      })
      same(await (await conductor.orchestrate(workflow('1'))).result(), [1, 2])
      equal(calls, 4)
      const again = await conductor.orchestrate(workflow('1'))
      same(await again.result(), [1, 2])
      equal(calls, 4)
      equal(again.state().progress.recalled, 4)
      await (await conductor.orchestrate(workflow('2'))).result()
      equal(calls, 5)
    },
  },
  {
    name: 'keeps the run input out of a key only for tasks that cannot read it',
    needs: ['resultReuse'],
    async run(make) {
      const { conductor } = await made(make)
      let calls = 0
      const workflow: WorkflowSpec = {
        name: 'input-key',
        tasks: [
          { id: 'deaf', cache: 'without-run-input', run: () => (calls++, 1) },
          { id: 'all', cache: true, run: ({ runInput }) => (calls++, runInput) },
        ],
      }
      await (await conductor.orchestrate(workflow, 1)).result()
      await (await conductor.orchestrate(workflow, 2)).result()
      equal(calls, 3)
      const cheat: WorkflowSpec = { name: 'cheat', tasks: [{ id: 'x', cache: 'without-run-input', run: ({ runInput }) => runInput }] }
      await rejects('WORKFLOW_FAILED', (await conductor.orchestrate(cheat, 1)).result())
    },
  },
  {
    name: 'keeps each decision with what it was taken from',
    async run(make) {
      const { conductor } = await made(make)
      await (await conductor.orchestrate(chain([]), 1)).result()
      const decisions = conductor.decisions(10)
      equal(decisions.length, 3)
      ok(decisions.every((decision) => decision.propensity === 1 && decision.alternatives >= 1), 'propensity and alternatives are kept')
      ok((decisions[0]?.sequence ?? 0) > (decisions[1]?.sequence ?? 0), 'newest first')
    },
  },
  {
    name: 'takes the task its policy scores highest first',
    needs: ['policies'],
    async run(make) {
      const order: string[] = []
      const backwards: Policy = { name: 'backwards', score: ({ count, tasks, scores }) => { for (let index = 0; index < count; index++) scores[index] = tasks[index] as number } }
      const { conductor } = await made(make, { policy: backwards, inlineSlots: 1 })
      const tasks = ['a', 'b', 'c', 'd'].map((id) => ({ id, run: async () => void order.push(id) }))
      await (await conductor.orchestrate({ name: 'order', tasks })).ended()
      same(order, ['d', 'c', 'b', 'a'])
    },
  },
]

const never = (): Promise<never> => new Promise(() => {})

const robust: readonly Case<Conductor>[] = [
  {
    name: 'computes anew what was remembered but no longer fits, and lets others go on',
    needs: ['resultReuse'],
    async run(make) {
      const { conductor } = await made(make)
      const workflow = (version: string, leaf: string): WorkflowSpec => ({
        name: 'renamed',
        version,
        output: 'root',
        types: [{ name: leaf, run: ({ params }) => params }],
        tasks: [{ id: 'root', cache: true, run: ({ expand }) => (expand({ tasks: [{ id: 'leaf', type: leaf, params: 1 }] }), leaf) }],
      })
      equal(await (await conductor.orchestrate(workflow('1', 'old'))).result(), 'old')
      equal(await (await conductor.orchestrate(workflow('2', 'new'))).result(), 'new')
      same(await (await conductor.orchestrate(chain([]), 20)).result(), { value: 42 })
    },
  },
  {
    name: 'keeps the results of workflows apart',
    needs: ['resultReuse'],
    async run(make) {
      const { conductor } = await made(make, { models: { echo: (input: string) => input } })
      const asking = (name: string): WorkflowSpec => ({ name, output: 'ask', tasks: [{ id: 'ask', model: 'echo', input: () => `question of ${name}` }] })
      equal(await (await conductor.orchestrate(asking('a'))).result(), 'question of a')
      equal(await (await conductor.orchestrate(asking('b'))).result(), 'question of b')
    },
  },
  {
    name: 'makes an outside effect each time it is asked to',
    async run(make) {
      let sent = 0
      const { conductor } = await made(make, { models: { send: () => ++sent } })
      const workflow: WorkflowSpec = { name: 'send', tasks: [{ id: 'send', model: 'send', effect: 'outside', input: () => 'hello' }] }
      for (let time = 0; time < 3; time++) await (await conductor.orchestrate(workflow)).result()
      equal(sent, 3)
    },
  },
  {
    name: 'tries again after a timeout although the model never answers, and gives both slots back once it does',
    async run(make) {
      const answer = Promise.withResolvers<string>()
      let calls = 0
      const { conductor, clock, runtime, settle } = await made(make, { models: { slow: () => (++calls === 1 ? answer.promise : 'second') }, slots: { slow: 2 } })
      const handle = await conductor.orchestrate({ name: 'slow', output: 'ask', tasks: [{ id: 'ask', model: 'slow', timeoutMs: 20, retry: { attempts: 2, delayMs: 5 } }] })
      await settle()
      clock.advance(20)
      await settle()
      clock.advance(5)
      await settle()
      equal(await handle.result(), 'second')
      answer.resolve('late')
      await settle()
      equal(runtime.pool.inspect('slow').slotsUsed, 0)
    },
  },
  {
    name: 'takes the slot back from a task whose input never comes',
    async run(make) {
      const { conductor, clock, settle } = await made(make, { models: { one: (input: string) => input } })
      const stuck = await conductor.orchestrate({ name: 'stuck', tasks: [{ id: 'ask', model: 'one', timeoutMs: 50, input: never }] })
      await settle()
      clock.advance(50)
      await rejects('WORKFLOW_FAILED', stuck.result())
      const next = await conductor.orchestrate({ name: 'next', output: 'ask', tasks: [{ id: 'ask', model: 'one', input: () => 'free' }] })
      await settle()
      equal(await next.result(), 'free')
    },
  },
  {
    name: 'tells who waits when it closes',
    async run(make) {
      const { conductor, settle } = await made(make)
      const handle = await conductor.orchestrate({ name: 'open', tasks: [{ id: 'wait', run: never }] })
      const waiting = handle.result()
      await settle()
      await conductor.close()
      await rejects('CLOSED', waiting)
    },
  },
  {
    name: 'begins nothing of a paused run, and everything once it goes on',
    async run(make) {
      const { conductor, runtime, settle } = await made(make, { inlineSlots: 1 })
      const begun: string[] = []
      const gate = Promise.withResolvers<void>()
      const tasks = ['a', 'b', 'c'].map((id) => ({ id, run: async () => (begun.push(id), gate.promise.then(() => 1)) }))
      const handle = await conductor.orchestrate({ name: 'pause', tasks })
      await settle()
      runtime.dag.pauseWorkflow(handle.id)
      gate.resolve()
      await settle()
      equal(begun.length, 1)
      runtime.dag.resumeWorkflow(handle.id)
      await settle()
      equal((await handle.ended()).state, 'succeeded')
      same(begun.sort(), ['a', 'b', 'c'])
    },
  },
]

/** What every Conductor has to get right. */
export const conductorSuite: Suite<Conductor> = { component: 'conductor', cases: [...running, ...failing, ...failureCases, ...graphCases, ...familyCases, ...contentCases, ...loopCases, ...remembering, ...robust] }
