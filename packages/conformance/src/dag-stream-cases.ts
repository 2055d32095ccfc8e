import type { DagTracker, StreamEvent, Transition } from '@symphony/interface'
import { begin, fail, flow, stage, succeed } from './dag-stage.ts'
import { equal, fails, ok, same } from './expectations.ts'
import type { Case } from './suite.ts'

const spec = flow('w', { a: [], b: ['a'], c: ['b'] })

async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const seen: T[] = []
  for await (const item of source) seen.push(item)
  return seen
}

/** The next few; more must be there. */
async function some<T>(source: AsyncIterable<T>, count: number): Promise<T[]> {
  const seen: T[] = []
  for await (const item of source) if (seen.push(item) === count) break
  return seen
}

const valuesOf = (events: readonly StreamEvent[]): unknown[] => events.map((event) => (event.type === 'chunk' ? event.value : `lost ${event.events}`))

/** Following what happens, and what tasks say. */
export const streamCases: readonly Case<DagTracker>[] = [
  {
    name: 'a watcher that comes back gets everything it missed, also after the end',
    async run(make) {
      const { dag } = await stage(make)
      dag.startWorkflow(spec, { id: 'r' })
      const whole = dag.watch('r')
      const first = dag.watch('r')
      succeed(dag, 'r', 'a')
      const seen = await some(first, 2)
      succeed(dag, 'r', 'b')
      const second = dag.watch('r', { fromSequence: (seen.at(-1) as Transition).sequence })
      succeed(dag, 'r', 'c')
      const told = await all(whole)
      same([...seen, ...(await all(second))], told)
      same(await all(dag.watch('r', { fromSequence: (told[4] as Transition).sequence })), told.slice(5))
      equal(told.length, 9)
      equal(told.at(-1)?.type, 'run')
      same(await all(dag.watch('r', { fromSequence: (told.at(-1) as Transition).sequence })), [])
    },
  },
  {
    name: 'a watcher is told what happened before anyone watched, and that a number is of another process',
    async run(make) {
      const { dag } = await stage(make)
      dag.startWorkflow(spec, { id: 'r' })
      succeed(dag, 'r', 'a')
      const late = dag.watch('r', { fromSequence: 0 })
      const foreign = dag.watch('r', { fromSequence: 1_000_000 })
      succeed(dag, 'r', 'b', 'c')
      const [lost, next] = await some(late, 2)
      ok(lost?.type === 'lost' && lost.events > 0 && next?.type === 'task')
      equal(lost.events, (next?.sequence as number) - 1)
      const told = await all(foreign)
      equal(told[0]?.type, 'lost')
      equal(told[1]?.sequence, next?.sequence)
      fails('INVALID_ARGUMENT', () => dag.watch('r', { fromSequence: -1 }))
    },
  },
  {
    name: 'a run\'s stream is read from where a reader was, of all tasks or of one, and ends with the run',
    async run(make) {
      const { dag, clock } = await stage(make)
      dag.startWorkflow(flow('s', { a: [], b: [] }), { id: 'r' })
      const [a, b] = [dag.taskRow('r', 'a'), dag.taskRow('r', 'b')]
      equal(dag.emitChunk(a, 'too early'), false)
      begin(dag, 'r', 'b')
      fail(dag, 'r', 'a', clock.nowMs())
      dag.wakeDue(clock.nowMs())
      const token = begin(dag, 'r', 'a')
      for (const [task, value] of [[a, 'one'], [b, { two: 2 }], [a, 'three']] as const) ok(dag.emitChunk(task, value))
      const beginning = await some(dag.stream('r'), 2)
      same(beginning.map((event) => [event.sequence, event.type === 'chunk' && event.task, event.type === 'chunk' && event.attempt, event.atMs]), [
        [1, 'a', 2, clock.nowMs()], [2, 'b', 1, clock.nowMs()],
      ])
      const rest = dag.stream('r', { fromSequence: 2 })
      const ofA = dag.stream('r', { task: 'a' })
      const abort = new AbortController()
      const aborted = dag.stream('r', { fromSequence: 3, signal: abort.signal })
      abort.abort()
      dag.emitChunk(b, 'four')
      dag.completeTask(a, {}, token)
      dag.emitChunk(b, Uint8Array.of(5))
      dag.skipTask(b)
      equal(dag.emitChunk(b, 'too late'), false)
      same(valuesOf(await all(rest)), ['three', 'four', Uint8Array.of(5)])
      same(valuesOf(await all(ofA)), ['one', 'three'])
      same(await all(aborted), [])
      same(valuesOf(await all(dag.stream('r', { fromSequence: 4 }))), [Uint8Array.of(5)])
      fails('RUN_UNKNOWN', () => dag.stream('x'))
    },
  },
  {
    name: 'a stream is bounded: a slow reader loses the oldest, is told how many, and goes on',
    async run(make) {
      const { dag } = await stage(make)
      dag.startWorkflow(spec, { id: 'r' })
      const token = begin(dag, 'r', 'a')
      const a = dag.taskRow('r', 'a')
      const slow = dag.stream('r')
      const count = 100_000
      for (let chunk = 1; chunk <= count; chunk++) dag.emitChunk(a, chunk)
      dag.completeTask(a, {}, token)
      dag.cancelWorkflow('r')
      const told = await all(slow)
      const [lost] = told
      ok(lost?.type === 'lost' && lost.events > 0)
      equal(lost.events + told.length - 1, count)
      equal(told.at(-1)?.sequence, count)
    },
  },
]
