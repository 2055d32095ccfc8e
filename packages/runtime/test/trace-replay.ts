import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { fromWfFormat } from '@symphony/dag'
import type { WorkflowSpec } from '@symphony/interface'
import { VirtualClock } from '@symphony/ports'
import { createRuntime } from '@symphony/runtime'
import { runThroughTime } from './virtual-time.ts'

/** Where recorded traces are, with an `index.json` that lists them. */
export const TRACES: string = process.env['SYMPHONY_TRACES'] ?? fileURLToPath(new URL('../../../../shared/data/wfinstances/', import.meta.url))

/** A trace as a graph of durations. Durations are multiples of 1/1024 ms, so that sums of them are exact and ties are ties. */
export interface Trace {
  readonly file: string
  readonly spec: WorkflowSpec
  readonly durationsMs: readonly number[]
  /** Needs of each task, by their places. */
  readonly needs: readonly (readonly number[])[]
}

export interface Replay {
  readonly makespanMs: number
  /** In the order in which they began. */
  readonly order: Int32Array
  readonly startMs: Float64Array
  readonly endMs: Float64Array
  readonly runningMost: number
}

/** Files of the traces that are there. */
export function traceFiles(): readonly string[] {
  const index = join(TRACES, 'index.json')
  if (!existsSync(index)) return []
  return (JSON.parse(readFileSync(index, 'utf8')) as { readonly instances: readonly { readonly file: string }[] }).instances.map(({ file }) => file)
}

export function readTrace(file: string): Trace {
  const bytes = readFileSync(join(TRACES, file))
  const spec = fromWfFormat(JSON.parse((file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8')), {
    // Zero runtimes come from rounding: they count as 0.01 s, also where none was recorded.
    task: ({ runtimeMs = 0 }) => ({ expectedMs: Math.round(Math.max(10, runtimeMs) * 1024) / 1024 }),
  })
  const places = new Map(spec.tasks.map(({ id }, place) => [id, place]))
  return {
    file,
    spec,
    durationsMs: spec.tasks.map(({ expectedMs }) => expectedMs as number),
    needs: spec.tasks.map(({ needs = [] }) => needs.map((need) => places.get(need as string) as number)),
  }
}

/** Runs a trace through a whole runtime: every task is a function that resolves after its recorded time. */
export async function replay(trace: Trace, policy: 'fifo' | 'critical-path', machines: number): Promise<Replay> {
  const clock = new VirtualClock(0)
  const count = trace.durationsMs.length
  const startMs = new Float64Array(count).fill(-1)
  const endMs = new Float64Array(count).fill(-1)
  const order: number[] = []
  let running = 0
  let runningMost = 0
  const spec: WorkflowSpec = {
    name: trace.spec.name,
    tasks: trace.spec.tasks.map(({ type: _, params: __, ...task }, place) => ({
      ...task,
      memoryBytes: 0,
      run: () => new Promise<void>((resolve) => {
        startMs[place] = clock.monotonicMs()
        order.push(place)
        runningMost = Math.max(runningMost, ++running)
        clock.schedule(trace.durationsMs[place] as number, () => {
          endMs[place] = clock.monotonicMs()
          running--
          resolve()
        })
      }),
    })),
  }
  await using symphony = await createRuntime({ clock, policy, inlineSlots: machines })
  const handle = await symphony.conductor.orchestrate(spec)
  const { dag } = symphony
  const run = dag.runRow(handle.id)
  await runThroughTime(clock, () => dag.columns.runTasksOpen[run] === 0)
  const { state, startedAtMs, endedAtMs } = handle.state()
  if (state !== 'succeeded') throw new Error(`${trace.file}: the run is ${state} and nothing moves any more`)
  return { makespanMs: (endedAtMs as number) - startedAtMs, order: Int32Array.from(order), startMs, endMs, runningMost }
}

/** Longest way through the trace, and all its work. */
export function boundsMs({ durationsMs, needs }: Trace): { readonly criticalPathMs: number; readonly workMs: number } {
  const ends = new Float64Array(durationsMs.length).fill(-1)
  const endOf = (place: number): number => {
    if ((ends[place] as number) < 0) ends[place] = (durationsMs[place] as number) + (needs[place] as readonly number[]).reduce((latest, need) => Math.max(latest, endOf(need)), 0)
    return ends[place] as number
  }
  return { criticalPathMs: durationsMs.reduce((longest, _, place) => Math.max(longest, endOf(place)), 0), workMs: durationsMs.reduce((sum, ms) => sum + ms, 0) }
}
