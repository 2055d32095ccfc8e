import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { boundsMs, readTrace, replay, traceFiles, TRACES } from './trace-replay.ts'
import type { Replay, Trace } from './trace-replay.ts'

// An independent simulator of list scheduling says how long each trace takes. Where it is not at hand, what it said before counts.
// With SYMPHONY_UPDATE_GOLDEN=1 what it says now is written down.

const REFERENCE = join(TRACES, '../../tools/sched-sim/')
const GOLDEN = fileURLToPath(new URL('golden/trace-makespans.json', import.meta.url))
const MACHINES = [1, 4, 16] as const
const POLICIES = ['fifo', 'critical-path'] as const

interface ReferenceTask {
  readonly i: number
  readonly start: number
}

interface Reference {
  readonly dagFromArrays: (name: string, durations: Float64Array, edges: readonly (readonly [number, number])[], types: readonly string[]) => unknown
  readonly simulate: (options: object) => { readonly makespan: number }
  readonly fifo: unknown
  readonly cp: unknown
}

async function loadReference(): Promise<Reference | undefined> {
  if (!existsSync(`${REFERENCE}sim.mjs`)) return undefined
  const load = (file: string): Promise<object> => import(/* @vite-ignore */ pathToFileURL(`${REFERENCE}${file}`).href) as Promise<object>
  return Object.assign({}, await load('sim.mjs'), await load('policies.mjs'), await load('wf.mjs')) as Reference
}

const reference = await loadReference()
const golden = JSON.parse(existsSync(GOLDEN) ? readFileSync(GOLDEN, 'utf8') : '{}') as Record<string, Record<string, number>>
const isUpdating = process.env['SYMPHONY_UPDATE_GOLDEN'] === '1' && reference !== undefined
const files = traceFiles()
if (files.length === 0) console.log(`replay of WfCommons traces skipped: none at ${TRACES} (SYMPHONY_TRACES says where they are)`)

function simulated({ dagFromArrays, simulate, fifo, cp }: Reference, trace: Trace, policy: (typeof POLICIES)[number], machines: number): { makespanMs: number; starts: ReferenceTask[] } {
  const edges = trace.needs.flatMap((needs, place) => needs.map((need) => [need, place] as const))
  const dag = dagFromArrays(trace.file, Float64Array.from(trace.durationsMs), edges, trace.spec.tasks.map(() => 'task'))
  const starts: ReferenceTask[] = []
  const { makespan } = simulate({ jobs: [{ dag }], speeds: new Array<number>(machines).fill(1), policy: policy === 'fifo' ? fifo : cp, trace: starts })
  return { makespanMs: makespan, starts }
}

function checkIsSchedule(trace: Trace, machines: number, { makespanMs, startMs, endMs, runningMost, order }: Replay): void {
  expect(order.length).toBe(trace.durationsMs.length)
  expect(runningMost).toBeLessThanOrEqual(machines)
  const early = trace.needs.filter((needs, place) => needs.some((need) => (endMs[need] as number) > (startMs[place] as number)))
  expect(early, 'tasks that began before their needs had ended').toEqual([])
  const { criticalPathMs, workMs } = boundsMs(trace)
  expect(makespanMs).toBeGreaterThanOrEqual(Math.max(criticalPathMs, workMs / machines) - 1e-6)
  expect(makespanMs).toBe(endMs.reduce((latest, ms) => Math.max(latest, ms), 0))
}

describe.skipIf(files.length === 0)('recorded traces through the whole runtime', () => {
  it.each(files)('%s takes as long as the reference says, and tasks begin in its order', async (file) => {
    const trace = readTrace(file)
    const known = (isUpdating ? (golden[file] = {}) : golden[file]) as Record<string, number> | undefined
    for (const policy of POLICIES) {
      for (const machines of MACHINES) {
        const ours = await replay(trace, policy, machines)
        checkIsSchedule(trace, machines, ours)
        const key = `${policy} ${machines}`
        if (reference !== undefined) {
          const theirs = simulated(reference, trace, policy, machines)
          if (isUpdating) (known as Record<string, number>)[key] = theirs.makespanMs
          expect(ours.makespanMs, key).toBeCloseTo(theirs.makespanMs, 3)
          expect(firstDifference(ours, theirs.starts), key).toBeUndefined()
        }
        // A trace that was not known when the figures were written down is held to the bounds only.
        if (known !== undefined) expect(ours.makespanMs, key).toBeCloseTo(known[key] as number, 3)
      }
    }
  })

  it.runIf(isUpdating)('what the reference said is written down', () => {
    writeFileSync(GOLDEN, `${JSON.stringify(golden, null, 1)}\n`)
  })
})

/** Same makespans by luck prove little: every task has to begin when the reference begins it, in the same order. */
function firstDifference({ order, startMs }: Replay, starts: readonly ReferenceTask[]): string | undefined {
  for (const [at, { i, start }] of starts.entries()) {
    const place = order[at] as number
    if (place !== i || Math.abs((startMs[place] as number) - start) > 1e-6) return `begins ${at}: task ${place} at ${startMs[place]} ms, the reference task ${i} at ${start} ms`
  }
  return undefined
}
