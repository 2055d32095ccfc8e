import type { Lsn, TaskRow, TaskSpec, WorkflowSpec } from '@symphony/interface'
import { nullLog, seededRandom } from '@symphony/ports'
import { EventRing } from '@symphony/shared-memory'
import { DirectedGraph } from 'graphology'
import { createDagTracker, defineWorkflow } from '../src/index.ts'

// Every figure is the median of several rounds after one that warms up, with the fastest and slowest round beside it.
// Time is processor time of the whole process, collector included: on a machine that does other things, the wall clock
// measures those.
const rounds = Number(process.argv[2] ?? 5)
const only = process.argv[3] ?? ''

function measure(name: string, unit: string, round: () => number): void {
  if (!name.includes(only)) return
  round()
  const figures = Array.from({ length: rounds }, round).sort((a, b) => a - b)
  const show = (value: number | undefined): string => (value as number).toFixed(2)
  console.log(`${name.padEnd(64)} ${show(figures[rounds >> 1])} ${unit} (${show(figures[0])} to ${show(figures.at(-1))})`)
}

const cpuMs = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

const run = (): number => 1

/** Each task needs up to `needsEach` of the hundred before it. */
function layered(name: string, count: number, needsEach: number): WorkflowSpec {
  const random = seededRandom(7)
  const tasks: TaskSpec[] = []
  for (let index = 0; index < count; index++) {
    const needs = new Set<string>()
    for (let edge = 0; edge < needsEach && index > 0; edge++) needs.add(`t${Math.max(0, index - 1 - Math.floor(random.next() * 100))}`)
    tasks.push({ id: `t${index}`, type: 'x', needs: [...needs] })
  }
  return { name, types: [{ name: 'x', run }], tasks }
}

function drain(tracker: ReturnType<typeof createDagTracker>, ready: Int32Array): number {
  let done = 0
  for (let count = tracker.takeReady(ready); count > 0; count = tracker.takeReady(ready)) {
    const taken = count
    tracker.batch(() => {
      for (let index = 0; index < taken; index++) {
        const task = ready[index] as TaskRow
        tracker.completeTask(task, undefined, tracker.beginTask(task))
      }
    })
    done += count
  }
  return done
}

const ready = new Int32Array(4096)
const million = layered('million', 1_000_000, 3)
for (const events of [true, false]) {
  const ports = events ? { events: new EventRing() } : {}
  const tracker = createDagTracker({ keepEndedRuns: 0, tasksMax: 1 << 20 }, ports)
  const template = tracker.defineWorkflow(million)
  measure(`transitions, 1 M tasks, ${template.edgeCount} edges, ${events ? 'events on' : 'no events'}`, 'M/s', () => {
    tracker.startWorkflow(template)
    const begun = cpuMs()
    const done = drain(tracker, ready)
    return (done * 3) / (cpuMs() - begun) / 1000
  })
}

{
  const log = { ...nullLog(), append: (_component: number, _type: number, body: Uint8Array) => body.length as Lsn }
  const tracker = createDagTracker({ keepEndedRuns: 0 }, { events: new EventRing(), log })
  const template = tracker.defineWorkflow(layered('logged', 300_000, 3))
  measure('transitions, 300 k tasks, events on, commands encoded', 'M/s', () => {
    tracker.startWorkflow(template)
    const begun = cpuMs()
    const done = drain(tracker, ready)
    return (done * 3) / (cpuMs() - begun) / 1000
  })
}

{
  const tracker = createDagTracker({}, { events: new EventRing() })
  const template = tracker.defineWorkflow(layered('hundred', 100, 2))
  measure('start a run of a compiled 100-task template', 'µs', () => {
    const begun = cpuMs()
    const ids: string[] = []
    for (let index = 0; index < 2000; index++) ids.push(tracker.startWorkflow(template))
    const tookMs = cpuMs() - begun
    for (const id of ids) tracker.cancelWorkflow(id)
    for (const id of ids) tracker.forgetRun(id)
    while (tracker.takeReady(ready) > 0);
    return (tookMs * 1000) / 2000
  })
}

for (const length of [1000, 100_000]) {
  const tasks: TaskSpec[] = []
  for (let index = 0; index < length; index++) {
    const needs = index === 0 ? [] : [`s${index - 1}`]
    tasks.push({ id: `s${index}`, type: 'x', needs }, { id: `a${index}`, type: 'x', needs }, { id: `b${index}`, type: 'x', needs })
  }
  const tracker = createDagTracker({ keepEndedRuns: 0 }, { events: new EventRing() })
  const template = tracker.defineWorkflow({ name: 'steps', types: [{ name: 'x', run }], tasks })
  const repeat = Math.max(1, Math.floor(100_000 / length))
  measure(`complete a task with 3 dependents, ${length} steps`, 'µs', () => {
    let tookMs = 0
    for (let turn = 0; turn < repeat; turn++) {
      const id = tracker.startWorkflow(template)
      const rows = Int32Array.from({ length }, (_, step) => tracker.taskRow(id, `s${step}`))
      const begun = cpuMs()
      for (let step = 0; step < length; step++) tracker.completeTask(rows[step] as TaskRow)
      tookMs += cpuMs() - begun
      tracker.cancelWorkflow(id)
    }
    return (tookMs * 1000) / (repeat * length)
  })
}

{
  const spec = layered('load', 100_000, 3)
  const edges = createDagTracker({ tasksMax: 1 }).defineWorkflow(spec).edgeCount
  measure(`load, check and compile 100 k tasks, ${edges} edges, from data`, 'M edges/s', () => {
    const tracker = createDagTracker({ tasksMax: 1 })
    const begun = cpuMs()
    tracker.defineWorkflow({ ...spec })
    return edges / (cpuMs() - begun) / 1000
  })
  measure('the same from a graphology graph, over the time to build the graph', 'times', () => {
    const begun = cpuMs()
    const graph = new DirectedGraph()
    graph.setAttribute('name', 'load')
    graph.setAttribute('types', spec.types)
    for (const { id } of spec.tasks) graph.addNode(id, { type: 'x' })
    for (const { id, needs } of spec.tasks) for (const need of needs ?? []) graph.addEdge(need as string, id)
    const loaded = cpuMs()
    createDagTracker({ tasksMax: 1 }).defineWorkflow(graph)
    return (cpuMs() - loaded) / (loaded - begun)
  })
}

{
  const tracker = createDagTracker({ keepEndedRuns: 0 })
  const template = tracker.defineWorkflow(layered('path', 10_000, 3))
  measure('begin, complete, and ask for the estimate after each, 10 k tasks', 'µs', () => {
    const id = tracker.startWorkflow(template)
    let asked = 0
    const begun = cpuMs()
    for (let count = tracker.takeReady(ready); count > 0; count = tracker.takeReady(ready)) {
      for (let index = 0; index < count; index++) {
        const task = ready[index] as TaskRow
        tracker.completeTask(task, undefined, tracker.beginTask(task))
        if (tracker.findRun(id) === undefined) continue
        tracker.progress(id)
        asked++
      }
    }
    return ((cpuMs() - begun) * 1000) / asked
  })
}

{
  const short = defineWorkflow('short').type('x', { run }).task('a', { type: 'x' }).task('b', { type: 'x', needs: ['a'] }).task('c', { type: 'x', needs: ['b'] }).build()
  const tracker = createDagTracker({ keepEndedRuns: 100 }, { events: new EventRing() })
  measure('whole runs of 3 tasks: start, begin and complete all', 'k runs/s', () => {
    const begun = cpuMs()
    for (let index = 0; index < 50_000; index++) {
      tracker.startWorkflow(short)
      drain(tracker, ready)
    }
    return 50_000 / (cpuMs() - begun)
  })
}
