import { SymphonyError } from '@symphony/interface'
import type { ArtifactRef, ErrorData, Json } from '@symphony/interface'
import { ByteReader, ByteWriter } from '@symphony/shared-memory'
import type { AddedCondition } from './added-conditions.ts'
import {
  applyCancel, applyComplete, applyExpand, applyFail, applyForget, applyPause, applyResume, applySkip, applyStart, applyWait, applyWake,
} from './apply.ts'
import type { StartCommand } from './apply.ts'
import type { ResolvedExpansion } from './expansion.ts'
import { applyMerging } from './merging.ts'
import { FLAGS } from './layout.ts'
import { applyRetry } from './runs/retry.ts'
import { beginDueRuns } from './runs/delays.ts'
import { keepSignal } from './runs/signals.ts'
import { replayRunCommand } from './runs/run-commands.ts'
import type { DagState, StoredTemplate } from './state.ts'
import { applyDefine, applyUndefine } from './templates.ts'

/** Numbers of the tracker's commands, fixed for ever: they are written into logs. */
export const COMMANDS = {
  OPENED: 1,
  DEFINE: 2,
  UNDEFINE: 3,
  START: 4,
  COMPLETE: 5,
  FAIL: 6,
  SKIP: 7,
  EXPAND: 8,
  CANCEL: 9,
  PAUSE: 10,
  RESUME: 11,
  SIGNAL: 12,
  WAKE: 13,
  RETRY: 14,
  FORGET: 15,
  WAIT: 16,
  PART: 17,
  DEFINE_PARTS: 18,
  EXPAND_PARTS: 19,
  MERGING: 20,
  IN_PARTS: 21,
} as const

/** What a COMPLETE has beside its times. */
export const HAS = { RECALLED: 1, OUTPUT: 2, EXPANSION: 4, ROUTES: 8, DEFAULTED: 16, PARTS: 32 } as const
const REF = /^[0-9a-f]{64}$/

/** Whether a value is an artifact's address. */
export function isRef(value: unknown): value is ArtifactRef {
  return typeof value === 'string' && value.length === 64 && REF.test(value)
}

export function writeStart(w: ByteWriter, template: number, command: StartCommand): Uint8Array {
  return w.reset().u32(template).f64(command.nowMs).f64(command.priority).string(command.id).string(command.tenant).json(command.input).view()
}

/**
 * @param expansion as `writeExpansion` has it
 * @param parts number of the parts that were logged in its place, or 0
 */
export function writeComplete(
  w: ByteWriter,
  task: number,
  attempt: number,
  startedAtMs: number,
  nowMs: number,
  marks: number,
  output: ArtifactRef | undefined,
  taken: readonly number[] | undefined,
  expansion: Uint8Array | undefined,
  parts: number,
): Uint8Array {
  const how = marks === 0 ? 0 : ((marks & FLAGS.RECALLED) === 0 ? 0 : HAS.RECALLED) | ((marks & FLAGS.DEFAULTED) === 0 ? 0 : HAS.DEFAULTED)
  const flags = how | (taken === undefined ? 0 : HAS.ROUTES) | (output === undefined ? 0 : HAS.OUTPUT) | (parts > 0 ? HAS.PARTS : expansion === undefined ? 0 : HAS.EXPANSION)
  w.reset().u32(task).u32(attempt).f64(startedAtMs).f64(nowMs).u8(flags)
  if (output !== undefined) writeRef(w, output)
  if (taken !== undefined) {
    w.u32(taken.length)
    for (const row of taken) w.u32(row)
  }
  if (parts > 0) w.u32(parts)
  else if (expansion !== undefined) w.raw(expansion)
  return w.view()
}

/** Thirty-two bytes instead of sixty-four digits. */
export function writeRef(w: ByteWriter, ref: ArtifactRef): void {
  w.hex(ref)
}

export function readRef(reader: ByteReader): ArtifactRef {
  return reader.hex(32) as ArtifactRef
}

export function writeExpansion(w: ByteWriter, expansion: ResolvedExpansion): void {
  w.u32(expansion.ids.length)
  for (let index = 0; index < expansion.ids.length; index++) {
    const params = expansion.params[index]
    w.string(expansion.ids[index] as string).u32(expansion.types[index] as number).u8(params === undefined ? 0 : 1)
    if (params !== undefined) w.json(params)
  }
  w.u32(expansion.links.length)
  for (const value of expansion.links) w.i32(value)
  writeJoinsAndRanges(w, expansion)
}

/** Comes last and is left out when there is none of them: so it was before there were such things. */
function writeJoinsAndRanges(w: ByteWriter, { joins, ranges, conditions }: ResolvedExpansion): void {
  const joining = joins.filter((join) => join > 0).length
  if (joining === 0 && ranges.length === 0 && conditions.size === 0) return
  w.u32(joining)
  joins.forEach((join, index) => {
    if (join > 0) w.u32(index).u32(join)
  })
  w.u32(ranges.length)
  for (const { prefix, count, type, params, join, needs, feeds } of ranges) {
    w.string(prefix).u32(count).u32(type).u32(join).u8(params === undefined ? 0 : 1)
    if (params !== undefined) w.json(params)
    for (const ends of [needs, feeds]) {
      w.u32(ends.length)
      for (const value of ends) w.i32(value)
    }
  }
  if (conditions.size > 0) w.json([...conditions])
}

function readJoinsAndRanges(reader: ByteReader, tasks: number): Pick<ResolvedExpansion, 'joins' | 'ranges' | 'conditions'> {
  const joins = new Array<number>(tasks).fill(0)
  if (reader.remaining === 0) return { joins, ranges: [], conditions: new Map() }
  for (let left = reader.u32(); left > 0; left--) joins[reader.u32()] = reader.u32()
  const ranges = Array.from({ length: reader.u32() }, () => {
    const range = { prefix: reader.string(), count: reader.u32(), type: reader.u32(), join: reader.u32() }
    const params = reader.u8() === 0 ? undefined : (reader.json() as Json)
    const needs = Array.from({ length: reader.u32() }, () => reader.i32())
    return { ...range, params, needs, feeds: Array.from({ length: reader.u32() }, () => reader.i32()) }
  })
  const conditions = new Map(reader.remaining === 0 ? [] : (reader.json() as [number, AddedCondition][]))
  return { joins, ranges, conditions }
}

function readExpansion(reader: ByteReader): ResolvedExpansion {
  const count = reader.u32()
  const ids: string[] = new Array(count)
  const types: number[] = new Array(count)
  const params: (Json | undefined)[] = new Array(count)
  for (let index = 0; index < count; index++) {
    ids[index] = reader.string()
    types[index] = reader.u32()
    params[index] = reader.u8() === 0 ? undefined : (reader.json() as Json)
  }
  const links = Array.from({ length: reader.u32() }, () => reader.i32())
  return { ids, types, params, links, ...readJoinsAndRanges(reader, count) }
}

/** Strings that may be missing: an absent one is told apart from an empty one. */
export function writeOptional(w: ByteWriter, text: string | undefined): ByteWriter {
  return text === undefined ? w.u8(0) : w.u8(1).string(text)
}

export function readOptional(reader: ByteReader): string | undefined {
  return reader.u8() === 0 ? undefined : reader.string()
}

/**
 * Applies a logged command. Replay tells nobody: what it does has happened before.
 * @throws SymphonyError `LAYOUT_MISMATCH` for a type that is none
 */
export function replayCommand(state: DagState, type: number, body: Uint8Array, lsn: number): void {
  replayAny(state, type, body)
  const { tables } = state
  tables.region.appliedLsn[0] = lsn
  tables.traceLength = 0
  tables.endedRuns.length = 0
}

function replayAny(state: DagState, type: number, body: Uint8Array): void {
  if (replayRunCommand(state, type, body)) return
  const apply = APPLY[type]
  if (apply === undefined) {
    throw new SymphonyError({
      code: 'LAYOUT_MISMATCH',
      component: '@symphony/dag',
      message: `The log has a dag command of type ${type}, which this version does not know. Open it with the version that wrote it.`,
      details: { type },
    })
  }
  apply(state, new ByteReader(body), body)
}

const APPLY: Readonly<Record<number, (state: DagState, reader: ByteReader, body: Uint8Array) => void>> = {
  [COMMANDS.OPENED]: (state, reader) => void (state.tables.region.words.epoch[0] = reader.f64()),
  // The bytes are a view into the log's buffer; the stored template needs its own.
  [COMMANDS.DEFINE]: (state, _reader, body) => void applyDefine(state, body.slice()),
  [COMMANDS.UNDEFINE]: (state, reader) => applyUndefine(state, reader.u32()),
  [COMMANDS.START]: (state, reader) => {
    const template = state.templates[reader.u32()] as StoredTemplate
    const nowMs = reader.f64()
    const priority = reader.f64()
    const command = { nowMs, priority, id: reader.string(), tenant: reader.string(), input: reader.json() as Json }
    applyStart(state, template, state.bindingsByHash.get(template.hash) ?? template.binding, command)
  },
  [COMMANDS.COMPLETE]: (state, reader) => {
    const task = reader.u32()
    const attempt = reader.u32()
    const startedAtMs = reader.f64()
    const nowMs = reader.f64()
    const flags = reader.u8()
    const output = (flags & HAS.OUTPUT) === 0 ? undefined : readRef(reader)
    const taken = (flags & HAS.ROUTES) === 0 ? undefined : Array.from({ length: reader.u32() }, () => reader.u32())
    const whole = (flags & HAS.PARTS) === 0 ? reader : new ByteReader(takeParts(state, reader.u32()))
    const expansion = (flags & (HAS.EXPANSION | HAS.PARTS)) === 0 ? undefined : readExpansion(whole)
    const marks = ((flags & HAS.RECALLED) === 0 ? 0 : FLAGS.RECALLED) | ((flags & HAS.DEFAULTED) === 0 ? 0 : FLAGS.DEFAULTED)
    applyComplete(state, task, attempt, startedAtMs, nowMs, marks, output, taken, expansion)
  },
  [COMMANDS.FAIL]: (state, reader) => {
    applyFail(state, reader.u32(), reader.u32(), reader.f64(), reader.f64(), reader.f64(), reader.json() as ErrorData)
  },
  [COMMANDS.SKIP]: (state, reader) => applySkip(state, reader.u32(), reader.f64(), readOptional(reader)),
  [COMMANDS.EXPAND]: (state, reader) => {
    const task = reader.u32()
    const nowMs = reader.f64()
    applyExpand(state, task, readExpansion(reader), nowMs)
  },
  [COMMANDS.CANCEL]: (state, reader) => {
    const run = reader.u32()
    const nowMs = reader.f64()
    applyCancel(state, run, readOptional(reader), nowMs)
  },
  [COMMANDS.PAUSE]: (state, reader) => void applyPause(state, reader.u32()),
  [COMMANDS.RESUME]: (state, reader) => void applyResume(state, reader.u32()),
  [COMMANDS.SIGNAL]: (state, reader) => {
    const run = reader.u32()
    const nowMs = reader.f64()
    const name = reader.string()
    keepSignal(state, run, { name, payload: reader.u8() === 0 ? undefined : readRef(reader), error: undefined }, nowMs)
  },
  [COMMANDS.WAKE]: (state, reader) => {
    const nowMs = reader.f64()
    applyWake(state, nowMs)
    beginDueRuns(state, nowMs)
  },
  [COMMANDS.RETRY]: (state, reader) => void applyRetry(state, reader.u32(), [reader.u32()], reader.f64()),
  [COMMANDS.PART]: (state, reader, body) => {
    const number = reader.u32()
    const isFirst = reader.u8() === 1
    // A process that died may have left parts under a number that the next one uses again.
    const former = isFirst ? undefined : state.parts.get(number)
    const piece = body.slice(body.length - reader.remaining)
    if (former === undefined) state.parts.set(number, [piece])
    else former.push(piece)
  },
  [COMMANDS.MERGING]: (state) => applyMerging(state),
  [COMMANDS.DEFINE_PARTS]: (state, reader) => void applyDefine(state, takeParts(state, reader.u32())),
  [COMMANDS.IN_PARTS]: (state, reader) => {
    const body = takeParts(state, reader.u32())
    replayAny(state, reader.u32(), body)
  },
  [COMMANDS.EXPAND_PARTS]: (state, reader) => {
    const task = reader.u32()
    const nowMs = reader.f64()
    applyExpand(state, task, readExpansion(new ByteReader(takeParts(state, reader.u32()))), nowMs)
  },
  [COMMANDS.WAIT]: (state, reader) => applyWait(state, reader.u32(), reader.f64()),
  [COMMANDS.FORGET]: (state, reader) => applyForget(state, reader.u32()),
}

function takeParts(state: DagState, number: number): Uint8Array {
  const pieces = state.parts.get(number)
  if (pieces === undefined) {
    throw new SymphonyError({
      code: 'REGION_CORRUPT',
      component: '@symphony/dag',
      message: `The log refers to parts number ${number} of a large command, and they are not there. Restore a backup of it.`,
    })
  }
  state.parts.delete(number)
  return Buffer.concat(pieces)
}

