import type { Clock, FileSystem, Json, LoggedCommand } from '@symphony/interface'
import { forEachCommand } from '../command-codec.ts'
import { FRAME_HEADER_BYTES, FRAME_KINDS, sealFrame } from '../frame.ts'
import type { ScannedFrame } from '../segment-scan.ts'
import { encodeSegmentHeader, SEGMENT_HEADER_BYTES, segmentPath } from '../segment-file.ts'
import { SEGMENT_BYTES_MIN } from '../limits.ts'
import { look, mapOf } from './journal-report.ts'
import type { Refusal } from './journal-report.ts'
import { lastState, stretchesAfter } from './log-map.ts'
import type { Damage, LogMap } from './log-map.ts'
import { forEachFrame } from './stored-log.ts'

/** Records that are lost with a salvage. */
export interface GivenUp {
  /** The first and the last of them that is known of; both 0 when nothing is lost. */
  readonly firstLsn: number
  readonly lastLsn: number
  /** Of them, those that still verify, but that nothing continues. */
  readonly readableRecords: number
  /** Those in between of which nothing is left. */
  readonly unreadableRecords: number
}

/** What salvage would do. */
export interface SalvagePlan {
  /** Why the log does not open; undefined when it does, and there is nothing to do. */
  readonly refusal: Refusal | undefined
  /** The state is kept as of this record: that of a checkpoint, and what follows on it without a gap. */
  readonly keptLsn: number
  readonly checkpointLsn: number
  readonly givenUp: GivenUp
  readonly damages: readonly Damage[]
  /** Names of the files that are set aside, as `<name>.broken`. */
  readonly setAside: readonly string[]
  /** Hands out every command that is given up and can be read, in order. */
  forEachGivenUp(visit: (command: LoggedCommand) => void): void
}

/** What salvage did. */
export interface SalvageReport extends Omit<SalvagePlan, 'forEachGivenUp'> {
  /** Name of the file in the log's folder that tells all of this. */
  readonly report: string
}

/** @throws SymphonyError `NOT_FOUND`, `LAYOUT_MISMATCH` */
export function planOf(fs: FileSystem, folder: string): SalvagePlan {
  const { map, refusal } = look(fs, folder)
  const { checkpointLsn, lastLsn: keptLsn } = lastState(map)
  const after = map.stretches.filter(({ firstLsn, nextLsn }) => nextLsn > keptLsn + 1 && nextLsn > firstLsn).toSorted((a, b) => a.firstLsn - b.firstLsn)
  return {
    refusal: refusal && { code: refusal.code, message: refusal.message, details: refusal.details },
    keptLsn,
    checkpointLsn,
    givenUp: givenUp(map, keptLsn),
    damages: map.damages,
    setAside: refusal === undefined ? [] : brokenNames(fs, folder, map),
    forEachGivenUp: (visit) => forEachFrame(fs, after, ({ head, payload }) => void (head.records > 0 && forEachCommand(payload, head.firstLsn, keptLsn, visit))),
  }
}

function givenUp(map: LogMap, keptLsn: number): GivenUp {
  const lastLsn = Math.max(keptLsn, ...map.stretches.map(({ nextLsn }) => nextLsn - 1))
  if (lastLsn === keptLsn) return { firstLsn: 0, lastLsn: 0, readableRecords: 0, unreadableRecords: 0 }
  let readableRecords = 0
  let readTo = keptLsn
  for (const { firstLsn, nextLsn } of map.stretches.toSorted((a, b) => a.firstLsn - b.firstLsn)) {
    readableRecords += Math.max(0, nextLsn - Math.max(firstLsn, readTo + 1))
    readTo = Math.max(readTo, nextLsn - 1)
  }
  return { firstLsn: keptLsn + 1, lastLsn, readableRecords, unreadableRecords: lastLsn - keptLsn - readableRecords }
}

function brokenNames(fs: FileSystem, folder: string, map: LogMap): readonly string[] {
  const paths = [...map.segments.map(({ path }) => path), ...map.checkpoints.filter(({ sections }) => sections === undefined).map(({ path }) => path)]
  return fs.list(folder).filter((name) => paths.some((path) => path.endsWith(`/${name}`) || path.endsWith(`\\${name}`)))
}

/**
 * Writes a log that opens: a copy of the frames that follow on the newest checkpoint without a gap, in segments numbered behind
 * all others; then the former segments and the checkpoints that do not verify get other names. In every moment opening either refuses
 * as before or finds exactly what is kept, because the copy gets its names last part first, and in one piece it covers what is before it.
 *
 * The caller holds the folder's lock.
 *
 * @param notes goes into the report
 * @throws SymphonyError `JOURNAL_CORRUPT` when it does not open afterwards, and what the file system throws
 */
export function salvageLog(fs: FileSystem, folder: string, clock: Clock, notes: Json | undefined): SalvageReport {
  const { forEachGivenUp: _, ...plan } = planOf(fs, folder)
  const map = mapOf(fs, folder)
  const number = Math.max(0, ...map.segments.map((segment) => segment.number), ...brokenNumbers(fs, folder)) + 1
  const report = `salvage-${String(number).padStart(10, '0')}.json`
  if (plan.refusal === undefined) return { ...plan, report: '' }
  writeReport(fs, `${folder}/${report}`, { atMs: clock.nowMs(), ...(plan as object), ...(notes === undefined ? {} : { notes }) } as Json)
  const copy = new LogCopy(fs, folder, map.logId, number, Math.max(SEGMENT_BYTES_MIN, ...map.segments.map(({ sizeBytes }) => sizeBytes)))
  forEachFrame(fs, stretchesAfter(map, plan.checkpointLsn), (frame) => {
    if (frame.head.records > 0 && frame.head.firstLsn + frame.head.records - 1 > plan.checkpointLsn) copy.add(frame)
  })
  copy.finish(plan.keptLsn + 1)
  for (const name of plan.setAside.toReversed()) {
    fs.rename(`${folder}/${name}`, `${folder}/${name}.broken`)
    fs.syncFolder(folder)
  }
  const { refusal } = look(fs, folder)
  if (refusal !== undefined) throw refusal
  return { ...plan, report }
}

/** Their numbers are not used again: what was set aside before stays what it is. */
function brokenNumbers(fs: FileSystem, folder: string): readonly number[] {
  return fs.list(folder).flatMap((name) => (/^(?:segment|salvage)-(\d{10})\./.exec(name) ? [Number(name.slice(8, 18))] : []))
}

function writeReport(fs: FileSystem, path: string, content: Json): void {
  fs.remove(path)
  const file = fs.open(path, 'wx+')
  try {
    fs.write(file, new TextEncoder().encode(`${JSON.stringify(content, undefined, 2)}\n`), 0)
    fs.syncData(file)
  } finally {
    fs.close(file)
  }
}

/** Frames copied into new segments, under names that opening takes no notice of until `finish`. */
class LogCopy {
  readonly #fs: FileSystem
  readonly #folder: string
  readonly #logId: Uint8Array
  readonly #segmentBytes: number
  readonly #first: number
  #number: number
  #file = -1
  #offset = SEGMENT_HEADER_BYTES
  #seed = 0
  #chain = 0

  constructor(fs: FileSystem, folder: string, logId: Uint8Array, number: number, segmentBytes: number) {
    this.#fs = fs
    this.#folder = folder
    this.#logId = logId
    this.#segmentBytes = segmentBytes
    this.#first = number
    this.#number = number
    this.#begin()
  }

  add({ head, payload }: ScannedFrame): void {
    this.#makeRoom(head.bytes)
    const frame = new Uint8Array(head.bytes)
    frame.set(payload, FRAME_HEADER_BYTES)
    this.#put(frame, head.kind, head.firstLsn, head.records)
  }

  /** Marks the end as one, and gives the copies their names. */
  finish(nextLsn: number): void {
    this.#makeRoom(FRAME_HEADER_BYTES)
    this.#put(new Uint8Array(FRAME_HEADER_BYTES), FRAME_KINDS.closed, nextLsn, 0)
    this.#end()
    for (let number = this.#number; number >= this.#first; number--) {
      const path = segmentPath(this.#folder, number)
      this.#fs.rename(`${path}.tmp`, path)
      this.#fs.syncFolder(this.#folder)
    }
  }

  #makeRoom(bytes: number): void {
    if (this.#offset + bytes <= this.#segmentBytes || this.#offset === SEGMENT_HEADER_BYTES) return
    this.#end()
    this.#number++
    this.#begin()
  }

  #put(frame: Uint8Array, kind: number, firstLsn: number, records: number): void {
    this.#chain = sealFrame(frame, this.#seed, this.#chain, kind, firstLsn, records)
    this.#fs.write(this.#file, frame, this.#offset)
    this.#offset += frame.length
  }

  #begin(): void {
    const path = `${segmentPath(this.#folder, this.#number)}.tmp`
    const header = encodeSegmentHeader(this.#logId, this.#number)
    this.#fs.remove(path)
    this.#file = this.#fs.open(path, 'wx+')
    this.#fs.write(this.#file, header, 0)
    this.#fs.truncate(this.#file, this.#segmentBytes)
    this.#seed = new DataView(header.buffer).getUint32(SEGMENT_HEADER_BYTES - 4, true)
    this.#chain = this.#seed
    this.#offset = SEGMENT_HEADER_BYTES
  }

  #end(): void {
    this.#fs.syncData(this.#file)
    this.#fs.close(this.#file)
  }
}
