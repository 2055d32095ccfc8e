import type { Conductor, Json, TaskContext, WorkflowSpec } from '@symphony/interface'
import { made } from './conductor-stage.ts'
import { equal, ok, rejects, same } from './expectations.ts'
import type { Case } from './suite.ts'

/** A task that leaves its id, and may name where the run goes on. */
const leave = (id: string, ...routes: string[]): { id: string; run: (context: TaskContext) => string } => ({
  id,
  run: ({ route }) => {
    if (routes.length > 0) route(...routes)
    return id
  },
})

/** Shapes of workflows that only show at run time: lists, branches, joins, time. */
export const graphCases: readonly Case<Conductor>[] = [
  {
    name: 'does something for each element of a list, in its order',
    async run(make) {
      const { conductor } = await made(make)
      const workflow: WorkflowSpec = {
        name: 'map',
        output: 'sum',
        tasks: [
          { id: 'split', run: ({ runInput }) => runInput },
          { id: 'double', needs: ['split'], map: { over: 'split', params: 2, run: ({ item, index, params }) => [index as number, (item as number) * (params as number)] } },
          { id: 'sum', needs: ['double'], run: ({ inputs }) => inputs.get('double') as Json },
        ],
      }
      same(await (await conductor.orchestrate(workflow, [5, 7, 9])).result(), [[0, 10], [1, 14], [2, 18]])
      same(await (await conductor.orchestrate(workflow, [])).result(), [])
      const error = await rejects('WORKFLOW_FAILED', (await conductor.orchestrate(workflow, 'no list')).result())
      ok(error.message.includes('not an array'), 'it says what is wrong')
    },
  },
  {
    name: 'raises, drops or keeps the elements that failed, as asked',
    async run(make) {
      const { conductor } = await made(make)
      const odd = ({ item }: TaskContext): number => {
        if ((item as number) % 2 === 1) throw new Error('odd')
        return item as number
      }
      const result = async (failures: 'raise' | 'drop' | 'keep'): Promise<unknown> => {
        const handle = await conductor.orchestrate({ name: `map-${failures}`, output: 'all', tasks: [{ id: 'all', map: { over: () => [2, 3, 4], failures, run: odd } }] })
        return handle.result()
      }
      same(await result('drop'), [2, 4])
      same(await result('keep'), [2, null, 4])
      await rejects('WORKFLOW_FAILED', result('raise'))
    },
  },
  {
    name: 'fans out as wide as 20,000, and again from within',
    async run(make) {
      const { conductor } = await made(make)
      const workflow: WorkflowSpec = {
        name: 'wide',
        output: 'count',
        types: [{ name: 'leaf', run: () => undefined }],
        tasks: [
          { id: 'wide', map: { over: () => Array.from({ length: 20_000 }, (_, index) => index), run: ({ item }) => item } },
          { id: 'nested', map: { over: () => [1, 2, 3], run: ({ expand, item }) => expand({ tasks: [], ranges: [{ prefix: `leaf of ${String(item)}`, count: 100, type: 'leaf', feeds: ['count'] }] }) } },
          { id: 'count', needs: ['wide', 'nested'], run: ({ inputs }) => [(inputs.get('wide') as number[]).reduce((sum, value) => sum + value, 0), inputs.ids.length] },
        ],
      }
      same(await (await conductor.orchestrate(workflow)).result(), [(20_000 * 19_999) / 2, 302])
    },
  },
  {
    name: 'remembers each element by its value: a longer list computes what is new',
    async run(make) {
      const { conductor } = await made(make)
      const computed: number[] = []
      const workflow: WorkflowSpec = {
        name: 'memo',
        output: 'all',
        tasks: [{ id: 'list', run: ({ runInput }) => runInput }, { id: 'all', needs: ['list'], map: { over: 'list', cache: 'without-run-input', run: ({ item }) => (computed.push(item as number), item) } }],
      }
      same(await (await conductor.orchestrate(workflow, [1, 2, 3])).result(), [1, 2, 3])
      same(await (await conductor.orchestrate(workflow, [0, 1, 2, 3, 4])).result(), [0, 1, 2, 3, 4])
      same(computed, [1, 2, 3, 0, 4])
    },
  },
  {
    name: 'goes on to the dependents a task names, and joins the branches again',
    async run(make) {
      const { conductor } = await made(make)
      const workflow = (route: string): WorkflowSpec => ({
        name: `route-${route}`,
        output: 'end',
        tasks: [leave('choose', route), { ...leave('left'), needs: ['choose'] }, { ...leave('right'), needs: ['choose'] }, {
          id: 'end',
          needs: ['left', 'right'],
          join: 'any',
          run: ({ inputs }) => [inputs.outcome('left'), inputs.outcome('right'), [...inputs.entries()].map(([, value]) => value as string)],
        }],
      })
      same(await (await conductor.orchestrate(workflow('left'))).result(), ['succeeded', 'skipped', ['left']])
      same(await (await conductor.orchestrate(workflow('right'))).result(), ['skipped', 'succeeded', ['right']])
      const handle = await conductor.orchestrate(workflow('middle'))
      const error = await rejects('WORKFLOW_FAILED', handle.result())
      ok(error.message.includes('middle'), 'the name nobody has is told')
    },
  },
  {
    name: 'starts as soon as enough of its needs are met',
    async run(make) {
      const { conductor, settle } = await made(make)
      const gates = Array.from({ length: 4 }, () => Promise.withResolvers<number>())
      const tasks = gates.map(({ promise }, index) => ({ id: `t${index}`, run: () => promise }))
      let begun = false
      const handle = await conductor.orchestrate({ name: 'quorum', output: 'quorum', tasks: [...tasks, { id: 'quorum', needs: tasks.map(({ id }) => id), join: { atLeast: 2 }, run: ({ inputs }) => (begun = true, [...inputs.entries()].length) }] })
      await settle()
      gates[3]?.resolve(3)
      await settle()
      equal(begun, false)
      gates[1]?.resolve(1)
      await settle()
      equal(begun, true)
      gates[0]?.resolve(0)
      gates[2]?.resolve(2)
      equal(await handle.result(), 2)
    },
  },
  {
    name: 'does what a condition over outcomes says',
    async run(make) {
      const { conductor } = await made(make)
      const handle = await conductor.orchestrate({
        name: 'when',
        tasks: [
          { id: 'build', run: () => { throw new Error('red') } },
          { id: 'lint', run: () => 'clean' },
          { id: 'repair', when: 'build.failed && lint', run: () => 'repaired' },
          { id: 'publish', when: 'build && lint', run: () => 'published' },
        ],
      })
      same(await handle.result(), { repair: 'repaired' })
      equal(handle.progress().skipped, 1)
    },
  },
  {
    name: 'waits for a time, a delay, a match of a calendar: 90 days pass at once when the clock is told to',
    async run(make) {
      const { conductor, clock, settle } = await made(make)
      const startMs = clock.nowMs()
      const days = 24 * 3_600_000
      const seen: Record<string, number> = {}
      const note = (id: string, need: string): WorkflowSpec['tasks'][number] => ({ id, needs: [need], run: () => void (seen[id] = (clock.nowMs() - startMs) / days) })
      const handle = await conductor.orchestrate({
        name: 'calendar',
        tasks: [
          { id: 'a month', delayMs: 30 * days }, note('after a month', 'a month'),
          { id: 'computed', needs: ['a month'], untilMs: () => startMs + 90 * days }, note('at the end', 'computed'),
          { id: 'at noon', needs: ['a month'], cron: '0 12 * * *' }, note('after noon', 'at noon'),
        ],
      })
      for (let step = 0; step < 100 && handle.state().state === 'running'; step++) {
        await settle()
        const dueMs = clock.nextDueMs()
        if (dueMs !== undefined) clock.advance(dueMs - clock.monotonicMs())
      }
      equal((await handle.ended()).state, 'succeeded')
      const noon = (Date.UTC(2026, 0, 31, 12) - startMs) / days
      same([seen['after a month'], seen['after noon'], seen['at the end']], [30, noon, 90])
    },
  },
]
