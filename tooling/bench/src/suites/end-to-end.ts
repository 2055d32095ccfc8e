import { COMPONENT_IDS } from '@symphony/interface'
import type { Runtime, TaskType, WorkflowSpec } from '@symphony/interface'
import { openJournal } from '@symphony/journal'
import { createRuntime } from '@symphony/runtime'
import { auto } from 'async'
import type { Benchmark, Contestant, Prepared } from '../benchmark.ts'
import { scratchFolder } from '../workloads/scratch-folder.ts'
import { chain, diamond, fourKiB, layers } from '../workloads/workflows.ts'

interface Workload {
  readonly name: string
  readonly spec: WorkflowSpec
  /** Runs started for one figure, and how many of them are going on at once. */
  readonly runs: number
  readonly atOnce: number
  readonly bar: number
  readonly barJournaled: number
  /** The same when each task waits until what it rests on is durable. */
  readonly barOutside: number
}

const workloads: readonly Workload[] = [
  { name: 'W1 chain of 100', spec: chain(100), runs: 20, atOnce: 1, bar: 300e3, barJournaled: 80e3, barOutside: 1.8e3 },
  { name: 'W2 1 to 1,000 to 1', spec: diamond(1000), runs: 5, atOnce: 1, bar: 700e3, barJournaled: 200e3, barOutside: 150e3 },
  { name: 'W3 1,000 tasks of 3 needs in layers', spec: layers(1000, 50, 3), runs: 5, atOnce: 1, bar: 600e3, barJournaled: 150e3, barOutside: 30e3 },
  { name: 'W4 10,000 runs of 5, 1,000 at once', spec: chain(5), runs: 10_000, atOnce: 1000, bar: 650e3, barJournaled: 200e3, barOutside: 250e3 },
]

type Work = Pick<Workload, 'spec' | 'runs' | 'atOnce'>

async function prepared(workload: Work, journaled: boolean): Promise<Prepared> {
  const folder = journaled ? scratchFolder() : undefined
  const runtime = await createRuntime({ ...(folder === undefined ? {} : { folder: folder.path }) })
  runtime.dag.defineWorkflow(workload.spec)
  return {
    run: () => runAll(runtime, workload),
    async dispose() {
      await runtime.close()
      folder?.remove()
    },
  }
}

async function runAll(runtime: Runtime, { spec, runs, atOnce }: Work): Promise<number> {
  const one = async (): Promise<void> => {
    const handle = await runtime.conductor.orchestrate(spec.name)
    const { state } = await handle.ended()
    if (state !== 'succeeded') throw new Error(`a run ended ${state}`)
    runtime.dag.forgetRun(handle.id)
  }
  for (let started = 0; started < runs; started += atOnce) await Promise.all(Array.from({ length: Math.min(atOnce, runs - started) }, one))
  return runs * spec.tasks.length
}

/** `async.auto`: a bare helper, without state, events, admission or a record of anything. */
function asyncAuto({ spec, runs, atOnce }: Workload): Contestant {
  return {
    name: 'async.auto (bare helper)',
    setup() {
      const noOp = async (): Promise<void> => undefined
      const tasks = Object.fromEntries(spec.tasks.map(({ id, needs }) => [id, needs === undefined ? noOp : [...needs, noOp]]))
      const one = (): Promise<void> => new Promise((resolve, reject) => auto(tasks, (error) => (error === null ? resolve() : reject(error))))
      return {
        async run() {
          for (let started = 0; started < runs; started += atOnce) await Promise.all(Array.from({ length: Math.min(atOnce, runs - started) }, one))
          return runs * spec.tasks.length
        },
      }
    },
  }
}

/** The bound: counts of open needs in an array, a list of what is ready, one awaited no-op a task. */
function handWritten({ spec, runs, atOnce }: Work): Contestant {
  return {
    name: 'loop written by hand (bound)',
    setup: () => ({ run: loopOver(spec, runs, atOnce, async () => undefined) }),
  }
}

/** The bound when each task has an effect outside: its record is durable before what needs it begins. */
function handWrittenDurable({ spec, runs, atOnce }: Work): Contestant {
  const record = new Uint8Array(64)
  return {
    name: 'loop written by hand, each step durable (bound)',
    async setup() {
      const folder = scratchFolder()
      const journal = await openJournal({ folder: folder.path })
      const step = (): Promise<void> => {
        journal.append(COMPONENT_IDS.runtime, 1, record)
        return journal.durable(journal.lastLsn)
      }
      return {
        run: loopOver(spec, runs, atOnce, step),
        async dispose() {
          await journal.close()
          folder.remove()
        },
      }
    },
  }
}

function loopOver(spec: WorkflowSpec, runs: number, atOnce: number, step: () => Promise<void>): () => Promise<number> {
  const numbers = new Map(spec.tasks.map((task, index) => [task.id, index]))
  const open = spec.tasks.map((task) => task.needs?.length ?? 0)
  const dependents: number[][] = spec.tasks.map(() => [])
  spec.tasks.forEach((task, index) => task.needs?.forEach((need) => dependents[numbers.get(need as string) as number]?.push(index)))
  const one = async (): Promise<void> => {
    const left = Int32Array.from(open)
    let ready = open.flatMap((count, index) => (count === 0 ? [index] : []))
    while (ready.length > 0) {
      const next: number[] = []
      await Promise.all(ready.map(step))
      for (const index of ready) for (const dependent of dependents[index] as number[]) if (--left[dependent]! === 0) next.push(dependent)
      ready = next
    }
  }
  return async () => {
    for (let started = 0; started < runs; started += atOnce) await Promise.all(Array.from({ length: Math.min(atOnce, runs - started) }, one))
    return runs * spec.tasks.length
  }
}

/** Every task has an effect outside. A chain then waits for the device at each step, so a turn of it has fewer runs. */
function outside(workload: Workload): Work {
  const types = workload.spec.types?.map((type): TaskType => ({ ...type, effect: 'outside' })) ?? []
  return { ...workload, spec: { ...workload.spec, types }, runs: workload.barOutside < 10e3 ? 2 : workload.runs }
}

const withContent: Work = { spec: { ...layers(1000, 50, 3), name: 'layers-4-kib', types: [fourKiB] }, runs: 1, atOnce: 1 }

const everyWorkload = workloads.flatMap((workload): readonly Benchmark[] => [
  {
    group: 'End to end',
    name: `${workload.name}, in memory: tasks`,
    unit: 'op/s',
    bar: workload.bar,
    setup: () => prepared(workload, false),
    peers: [asyncAuto(workload), handWritten(workload)],
  },
  { group: 'End to end', name: `${workload.name}, journaled: tasks`, unit: 'op/s', bar: workload.barJournaled, setup: () => prepared(workload, true) },
  {
    group: 'End to end',
    name: `${workload.name}, journaled, each with an outside effect: tasks`,
    unit: 'op/s',
    bar: workload.barOutside,
    setup: () => prepared(outside(workload), true),
    peers: [handWrittenDurable(outside(workload))],
  },
])

export const benchmarks: readonly Benchmark[] = [
  ...everyWorkload,
  { group: 'End to end', name: 'W3 with 4 KiB inputs and outputs, in memory: a task', unit: 'µs/op', bar: 15, setup: () => prepared(withContent, false) },
  { group: 'End to end', name: 'W3 with 4 KiB inputs and outputs, journaled: a task', unit: 'µs/op', bar: 40, setup: () => prepared(withContent, true) },
]
