import { DagTables, typescriptBackend } from '@symphony/dag/for-backends'
import type { DagBackend } from '@symphony/dag/for-backends'

/** What differs, or is not as the plain rules have it. */
export class Divergence extends Error {}

/** Small: all bytes are compared after every command. */
const SIZES = { tasksMax: 128, edgesMax: 512, runsMax: 8 }

/** A region with its backend, and what is looked at of it. */
export interface Side {
  readonly t: DagTables
  readonly backend: DagBackend
  /** All bytes but the learned durations, which no transition touches. */
  readonly parts: readonly Buffer[]
}

export function sideOf(backend: DagBackend, sizes: typeof SIZES = SIZES): Side {
  const t = new DagTables(sizes, typescriptBackend)
  t.chooseRanges(true)
  t.use(backend)
  const { types, due } = t.region.tables
  const bytes = Buffer.from(t.region.buffer)
  return { t, backend, parts: [bytes.subarray(0, types.columns.meanMs.byteOffset), bytes.subarray(due.columns.task.byteOffset)] }
}

/** Has the same done on both sides, and compares what comes of it and what is left. */
export function both<R>(a: Side, b: Side, name: string, work: (side: Side) => R): R {
  const result = work(a)
  const other = work(b)
  if (result !== other) throw new Divergence(`${name}: ${String(result)} and ${String(other)}`)
  compare(a, b, name)
  return result
}

export function compare(a: Side, b: Side, name: string): void {
  const { t } = a
  if (t.traceLength !== b.t.traceLength) throw new Divergence(`${name}: traces of ${t.traceLength} and ${b.t.traceLength}`)
  for (let at = 0; at < t.traceLength; at++) if (t.trace[at] !== b.t.trace[at]) throw new Divergence(`${name}: the traces differ at ${at}`)
  if (t.endedRuns.join() !== b.t.endedRuns.join()) throw new Divergence(`${name}: runs ${t.endedRuns.join()} and ${b.t.endedRuns.join()} have ended`)
  for (const [place, part] of a.parts.entries()) if (Buffer.compare(part, b.parts[place] as Buffer) !== 0) throw new Divergence(`${name}: ${firstDifference(a, b)}`)
  for (const side of [a, b]) {
    side.t.traceLength = 0
    side.t.endedRuns.length = 0
  }
}

function firstDifference(a: Side, b: Side): string {
  for (const [name, table] of Object.entries(a.t.region.tables)) {
    const other = b.t.region.tables[name as keyof typeof b.t.region.tables].columns as Readonly<Record<string, Int32Array>>
    for (const [column, values] of Object.entries(table.columns as Readonly<Record<string, Int32Array>>)) {
      const row = values.findIndex((value, at) => !Object.is(value, other[column]?.[at]))
      if (row >= 0) return `${name}.${column}[${row}] is ${values[row]} and ${other[column]?.[row]}`
    }
  }
  return 'the words or lines differ'
}
