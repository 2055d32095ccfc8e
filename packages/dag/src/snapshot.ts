import { SymphonyError } from '@symphony/interface'
import type { ErrorData, Json, RunId } from '@symphony/interface'
import { ByteReader, ByteWriter, TABLE_LINE } from '@symphony/shared-memory'
import type { Table } from '@symphony/shared-memory'
import { readOptional, readRef, writeOptional, writeRef } from './commands.ts'
import { readDefinition } from './definition/definition-codec.ts'
import { restoreRanges } from './merging.ts'
import { rebuild, writeTypes } from './recovery.ts'
import { readManaged, writeManaged } from './runs/managed-snapshot.ts'
import type { DagState, RunData, StoredTemplate } from './state.ts'
import { bind, placeTemplate } from './templates.ts'
import { READY, RUNNING } from './transitions.ts'

// The durable state as bytes. Ephemeral columns are left out, and what `beginTask` did is taken back, so that a tracker and
// another one that replayed its log give the same bytes at every moment.

const DURABLE = {
  tasks: [
    'state', 'run', 'attemptsEnded', 'pending', 'slack', 'outStart', 'outCount', 'extraOut', 'extraIn', 'node', 'flags',
    'readyAtMs', 'startedAtMs', 'endedAtMs', 'dueAtMs',
  ],
  edges: ['target'],
  links: ['from', 'to', 'kind', 'nextOut', 'nextIn'],
  runs: [
    'durableState', 'taskBase', 'taskCapacity', 'taskCount', 'chunkHead', 'chunkTail', 'tasksTotal', 'tasksOpen', 'failures', 'recalled',
    'defaulted', 'template', 'tenant', 'priority', 'endedNext', 'endedPrev', 'order', 'startedAtMs', 'endedAtMs',
  ],
  chunks: ['base', 'capacity', 'count', 'next'],
  types: ['meanMs', 'samples'],
} as const
const WORDS = ['endedHead', 'endedTail', 'endedCount', 'epoch', 'runsStarted', 'merging'] as const

// A format of its own, not the region's fingerprint: an ephemeral column may come or go without making old snapshots unreadable.
const MAGIC = 0x53474144
const FORMAT = 3
/** Columns and words that came with each format. Older snapshots have none of what they hold. */
const SINCE: Readonly<Record<string, number>> = { slack: 2, defaulted: 2, merging: 3 }

type Column = Int32Array | Float64Array

export function writeSnapshot(state: DagState): Uint8Array {
  const { region } = state.tables
  const w = new ByteWriter(1 << 16).u32(MAGIC).u32(FORMAT)
  for (const word of WORDS) w.f64(region.words[word][0] as number)
  for (const [name, columns] of Object.entries(DURABLE)) {
    const table = region.tables[name as keyof typeof DURABLE] as Table
    const used = table.line[TABLE_LINE.USED] as number
    w.u32(used).u32(table.line[TABLE_LINE.FREE] as number).u32(table.line[TABLE_LINE.LIVE] as number)
    for (const column of columns) w.raw(bytesOf(durableColumn(state, name, column, used)))
  }
  const { ranges } = state.tables
  // Where merging allocators put ranges depends on nothing but what is in use, which runs and definitions say.
  if (!ranges.isMerging) for (const { heads } of [ranges.tasks, ranges.edges]) w.raw(bytesOf(heads))
  w.raw(bytesOf(durableCounts(state)))
  w.u32(state.durations.keys.length)
  for (const key of state.durations.keys) w.string(key)
  w.u32(state.tenants.length)
  for (const tenant of state.tenants) w.string(tenant)
  writeTemplates(w, state)
  writeRuns(w, state)
  writeTaskData(w, state)
  writeManaged(w, state)
  return w.copy()
}

/** @throws SymphonyError `LAYOUT_MISMATCH`, `REGION_CORRUPT`, `CAPACITY_EXCEEDED` */
export function readSnapshot(state: DagState, snapshot: Uint8Array): void {
  const { region } = state.tables
  const r = new ByteReader(snapshot)
  const magic = r.u32()
  const format = magic === MAGIC ? r.u32() : 0
  if (format < 1 || format > FORMAT) {
    throw new SymphonyError({
      code: 'LAYOUT_MISMATCH',
      component: '@symphony/dag',
      message: 'The snapshot was taken by another version of the dag tracker. Open it with the version that wrote it.',
    })
  }
  state.clear()
  for (const word of WORDS) region.words[word][0] = (SINCE[word] ?? 1) > format ? 0 : r.f64()
  state.tables.resetRanges(region.words.merging[0] === 1)
  for (const [name, columns] of Object.entries(DURABLE)) {
    const table = region.tables[name as keyof typeof DURABLE] as Table
    const used = r.u32()
    if (used > table.rows) throw tooSmall(name, table.rows, used)
    table.line[TABLE_LINE.USED] = used
    table.line[TABLE_LINE.FREE] = r.u32()
    table.line[TABLE_LINE.LIVE] = r.u32()
    for (const column of columns) {
      const into = bytesOf((table.columns[column] as Column).subarray(0, used))
      if ((SINCE[column] ?? 1) > format) into.fill(0)
      else into.set(r.raw(into.length))
    }
  }
  const { ranges } = state.tables
  if (!ranges.isMerging) for (const { heads } of [ranges.tasks, ranges.edges]) bytesOf(heads).set(r.raw(heads.byteLength))
  const counts = bytesOf(usedCounts(state))
  counts.set(r.raw(counts.length))
  restoreEphemeral(state)
  state.durations.restore(Array.from({ length: r.u32() }, () => r.string()))
  for (let left = r.u32(); left > 0; left--) state.tenant(r.string())
  readTemplates(r, state)
  readRuns(r, state, format)
  readTaskData(r, state)
  readManaged(r, state)
  restoreRanges(state)
  rebuild(state)
}

/** A column as the log alone would have made it. */
function durableColumn(state: DagState, table: string, column: string, used: number): Column {
  const tables = state.tables.region.tables as unknown as Record<string, Table>
  const values = (tables[table]?.columns[column] as Column).subarray(0, used)
  if (table !== 'tasks' || (column !== 'state' && column !== 'startedAtMs')) return values
  const taskState = state.tables.taskState
  const copy = values.slice()
  for (let task = 0; task < used; task++) {
    if (column === 'state') {
      if (copy[task] === RUNNING) copy[task] = READY
    } else if (taskState[task] === RUNNING || taskState[task] === READY) copy[task] = 0
  }
  return copy
}

function usedCounts(state: DagState): Int32Array {
  return state.tables.counts.subarray(0, state.tables.runs.used * 8)
}

function durableCounts(state: DagState): Int32Array {
  const counts = usedCounts(state).slice()
  for (let at = 0; at < counts.length; at += 8) {
    counts[at + READY]! += counts[at + RUNNING] as number
    counts[at + RUNNING] = 0
  }
  return counts
}

function restoreEphemeral(state: DagState): void {
  const t = state.tables
  const used = t.tasks.used
  t.taskAttempt.set(t.taskAttemptsEnded.subarray(0, used))
  t.runTransitions.fill(0, 0, t.runs.used)
  t.traceLength = 0
  t.endedRuns.length = 0
  state.growTo(used)
}

function writeTemplates(w: ByteWriter, state: DagState): void {
  w.u32(state.templates.length)
  for (const stored of state.templates) {
    if (stored === undefined) w.u8(0)
    else w.u8(1).i32(stored.edgeBase).f64(stored.samples).f64(stored.rankedSamples).string(stored.hash).bytes(stored.body)
  }
}

function readTemplates(r: ByteReader, state: DagState): void {
  const length = r.u32()
  for (let number = 0; number < length; number++) {
    state.templates[number] = undefined
    if (r.u8() === 0) continue
    const edgeBase = r.i32()
    const samples = r.f64()
    const rankedSamples = r.f64()
    const hash = r.string()
    const body = r.bytes().slice()
    const { template: compiled, hasFunctions } = readDefinition(new ByteReader(body))
    const binding = state.bindingsByHash.get(hash) ?? bind(compiled, hash, undefined, !hasFunctions)
    const stored = placeTemplate(state, { number, compiled, hash, binding, body, edgeBase })
    stored.samples = samples
    stored.rankedSamples = rankedSamples
  }
}

function writeRuns(w: ByteWriter, state: DagState): void {
  w.u32(state.runsById.size)
  for (const data of state.runsById.values()) {
    w.u32(data.row).string(data.id).json(data.input)
    writeOptional(w, data.reason)
    w.u32(data.added.length)
    for (const added of data.added) {
      w.string(added.id).u32(added.type).u32(added.by).u32(added.row).u32(added.join).u32(added.count).u8(added.params === undefined ? 0 : 1)
      if (added.params !== undefined) w.json(added.params)
    }
    w.u32(data.addedIds?.size ?? 0)
    for (const taskRow of data.addedIds?.values() ?? []) w.u32(taskRow)
    w.u32(data.addedRanges?.size ?? 0)
    for (const place of data.addedRanges?.values() ?? []) w.u32(place)
    w.u32(data.signals.length)
    for (const { name, payload } of data.signals) {
      w.string(name).u8(payload === undefined ? 0 : 1)
      if (payload !== undefined) writeRef(w, payload)
    }
  }
}

function readRuns(r: ByteReader, state: DagState, format: number): void {
  for (let left = r.u32(); left > 0; left--) {
    const row = r.u32()
    const id = r.string() as RunId
    const input = r.json() as Json
    const reason = readOptional(r)
    const added: RunData['added'] = Array.from({ length: r.u32() }, () => {
      const task = { id: r.string(), type: r.u32(), by: r.u32(), row: r.u32() }
      const more = format < 2 ? { join: 0, count: 0 } : { join: r.u32(), count: r.u32() }
      return { ...task, ...more, when: undefined, params: r.u8() === 0 ? undefined : (r.json() as Json) }
    })
    const ids = new Map(added.map((task) => [task.row, task.id]))
    const addedIds = new Map(Array.from({ length: r.u32() }, () => r.u32()).map((taskRow) => [ids.get(taskRow) as string, taskRow]))
    const places = format < 2 ? [] : Array.from({ length: r.u32() }, () => r.u32())
    const addedRanges = new Map(places.map((place) => [added[place]?.id as string, place]))
    const signals = Array.from({ length: r.u32() }, () => ({ name: r.string(), payload: r.u8() === 0 ? undefined : readRef(r), error: undefined }))
    const template = state.templates[state.tables.region.tables.runs.columns.template[row] as number] as StoredTemplate
    const { binding } = template
    const data: RunData = {
      id, row, template, binding, input, reason, added, signals,
      addedIds: added.length === 0 ? undefined : addedIds,
      addedRanges: added.length === 0 ? undefined : addedRanges,
      watchers: undefined,
      critical: undefined,
    }
    state.addRun(data)
    template.runs++
    state.holdBinding(binding)
    writeTypes(state, data)
  }
}

function writeTaskData(w: ByteWriter, state: DagState): void {
  let outputs = 0
  let errors = 0
  for (const output of state.outputs) if (output !== undefined) outputs++
  for (const error of state.errors) if (error !== undefined) errors++
  w.u32(outputs)
  state.outputs.forEach((output, task) => {
    if (output !== undefined) writeRef(w.u32(task), output)
  })
  w.u32(errors)
  state.errors.forEach((error, task) => {
    if (error !== undefined) w.u32(task).json(error)
  })
}

function readTaskData(r: ByteReader, state: DagState): void {
  for (let left = r.u32(); left > 0; left--) state.outputs[r.u32()] = readRef(r)
  for (let left = r.u32(); left > 0; left--) state.errors[r.u32()] = r.json() as ErrorData
}

function bytesOf(column: Column): Uint8Array {
  return new Uint8Array(column.buffer, column.byteOffset, column.byteLength)
}

function tooSmall(table: string, rows: number, needed: number): SymphonyError {
  return new SymphonyError({
    code: 'CAPACITY_EXCEEDED',
    component: '@symphony/dag',
    message: `The snapshot has ${needed} rows of "${table}", this tracker ${rows}. Create it with a larger tasksMax, edgesMax or runsMax.`,
    details: { table, rows, needed },
  })
}
