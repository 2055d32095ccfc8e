import type { CheckpointSection, ComponentId, FileSystem } from '@symphony/interface'
import { checkpointLsns, checkpointPath, readCheckpoint } from '../checkpoint-file.ts'
import { forEachCommand } from '../command-codec.ts'
import { FRAME_KINDS } from '../frame.ts'
import { signOfDamage, SIGNS_OF_DAMAGE } from '../log-walk.ts'
import { SEGMENT_HEADER_BYTES, segmentNumbers, segmentPath } from '../segment-file.ts'
import type { SegmentFile } from '../segment-file.ts'
import { SegmentScan } from '../segment-scan.ts'
import { openSegments } from './open-segments.ts'

/** Frames one behind the other in one segment, each of which passes. */
export interface Stretch {
  readonly segment: SegmentFile
  readonly offset: number
  readonly endOffset: number
  /** Checksum its first frame names as its predecessor's. */
  readonly chain: number
  /** Its records: `firstLsn` up to, not including, `nextLsn`; none when they are equal. */
  readonly firstLsn: number
  readonly nextLsn: number
  readonly commits: number
  /** Ends in the mark of an orderly close. */
  readonly isClosed: boolean
}

/** A place where something is that does not verify. */
export interface Damage {
  readonly path: string
  readonly offset: number
  /** Bytes up to the next one that verifies; 0 where that cannot be said. */
  readonly bytes: number
  readonly what: string
  /** At the very end of the log: an interrupted write, which opening sets aside, or one that is going on. */
  readonly isTorn: boolean
}

export interface MappedCheckpoint {
  readonly lsn: number
  readonly path: string
  readonly sizeBytes: number
  /** Undefined when it does not verify. */
  readonly sections: readonly CheckpointSection[] | undefined
}

export interface CommandCount {
  readonly component: ComponentId
  readonly type: number
  readonly commands: number
  /** Of their bodies. */
  readonly bytes: number
}

/** Everything a log's folder holds, whatever of it verifies. */
export interface LogMap {
  readonly logId: Uint8Array
  readonly segments: readonly SegmentFile[]
  readonly stretches: readonly Stretch[]
  readonly damages: readonly Damage[]
  /** Newest first. */
  readonly checkpoints: readonly MappedCheckpoint[]
  readonly counts: readonly CommandCount[]
}

/**
 * Goes through every byte of a log's folder without writing and without stopping at damage: behind it, it looks for the next frame
 * that passes by itself. Undefined for a folder without a log.
 *
 * @throws SymphonyError `LAYOUT_MISMATCH` for another release's format, and what the file system throws
 */
export function mapLog(fs: FileSystem, folder: string): LogMap | undefined {
  const names = fs.list(folder)
  const numbers = segmentNumbers(names)
  const lsns = checkpointLsns(names)
  if (numbers.length === 0 && lsns.length === 0) return undefined
  const { logId, segments } = openSegments(fs, folder, numbers, lsns)
  const walk: Walk = { stretches: [], damages: [], counts: new Map() }
  segments.forEach(({ file, problem }, index) => {
    const former = segments[index - 1]?.file.number
    for (let missing = (former ?? file.number) + 1; former !== undefined && missing < file.number; missing++) {
      walk.damages.push({ path: segmentPath(folder, missing), offset: 0, bytes: 0, what: 'the segment is missing', isTorn: false })
    }
    if (problem !== undefined) walk.damages.push({ path: file.path, offset: 0, bytes: SEGMENT_HEADER_BYTES, what: problem, isTorn: false })
    if (Buffer.compare(file.logId, logId) === 0) walkSegment(fs, file, walk)
  })
  return {
    logId,
    segments: segments.map(({ file }) => file),
    stretches: walk.stretches,
    damages: withTornTail(walk),
    checkpoints: lsns.map((lsn) => mapCheckpoint(fs, folder, lsn, logId)),
    counts: [...walk.counts.values()].sort((a, b) => a.component - b.component || a.type - b.type),
  }
}

interface Walk {
  readonly stretches: Stretch[]
  readonly damages: Damage[]
  readonly counts: Map<number, CommandCount>
}

function walkSegment(fs: FileSystem, segment: SegmentFile, walk: Walk): void {
  const scan = new SegmentScan(fs, segment)
  try {
    for (;;) {
      const stretch = readStretch(scan, walk.counts)
      if (stretch !== undefined) {
        walk.stretches.push(stretch)
        continue
      }
      const { offset, chain } = scan
      const endOfBytes = scan.endOfBytes()
      if (endOfBytes <= offset) return
      const goesOn = scan.skipDamage(endOfBytes)
      const bytes = (goesOn ? scan.offset : endOfBytes) - offset
      const sign = goesOn ? undefined : signOfDamage(fs, { segment, offset, chain, endOfBytes })
      const what = sign ?? (bytes === 0 ? 'a frame names another one as its predecessor' : 'a frame does not match its checksum')
      walk.damages.push({ path: segment.path, offset, bytes, what, isTorn: false })
      if (!goesOn) return
    }
  } finally {
    scan.close()
  }
}

function readStretch(scan: SegmentScan, counts: Walk['counts']): Stretch | undefined {
  const { segment, offset, chain } = scan
  let firstLsn = -1
  let nextLsn = 0
  let commits = 0
  let isClosed = false
  for (let frame = scan.next(); frame !== undefined; frame = scan.next()) {
    const { head } = frame
    if (firstLsn < 0) firstLsn = head.firstLsn
    else if (head.firstLsn !== nextLsn) {
      // What a checkpoint made up for is missing in between.
      scan.offset = frame.offset
      scan.chain = head.previousCrc
      break
    }
    nextLsn = head.firstLsn + head.records
    isClosed = head.kind === FRAME_KINDS.closed
    if (isClosed) continue
    commits++
    forEachCommand(frame.payload, head.firstLsn, 0, ({ component, type, body }) => count(counts, component, type, body.length))
  }
  return firstLsn < 0 ? undefined : { segment, offset, endOffset: scan.offset, chain, firstLsn, nextLsn, commits, isClosed }
}

function count(counts: Walk['counts'], component: ComponentId, type: number, bytes: number): void {
  const key = component * 65_536 + type
  const former = counts.get(key)
  counts.set(key, { component, type, commands: (former?.commands ?? 0) + 1, bytes: (former?.bytes ?? 0) + bytes })
}

const SIGNS: ReadonlySet<string> = new Set(Object.values(SIGNS_OF_DAMAGE))

/** What does not verify is an interrupted write where nothing that does lies behind it. */
function withTornTail({ stretches, damages }: Walk): readonly Damage[] {
  const last = damages.at(-1)
  if (last === undefined || last.bytes === 0 || last.offset < SEGMENT_HEADER_BYTES || SIGNS.has(last.what)) return damages
  const goesOn = stretches.some(({ segment, offset }) => segment.path > last.path || (segment.path === last.path && offset >= last.offset))
  return goesOn ? damages : [...damages.slice(0, -1), { ...last, isTorn: true }]
}

function mapCheckpoint(fs: FileSystem, folder: string, lsn: number, logId: Uint8Array): MappedCheckpoint {
  const path = checkpointPath(folder, lsn)
  return { lsn, path, sizeBytes: fs.stat(path)?.sizeBytes ?? 0, sections: readCheckpoint(fs, folder, lsn, logId)?.sections }
}

/**
 * The stretches that continue a state as of `lsn`, in order, as far as they follow on each other without a gap: whatever damage
 * lies elsewhere, what they hold is what was logged.
 */
export function stretchesAfter(map: LogMap, lsn: number): readonly Stretch[] {
  const found: Stretch[] = []
  for (let wanted = lsn + 1; ; ) {
    const next = map.stretches.find(({ firstLsn, nextLsn }) => firstLsn <= wanted && wanted < nextLsn)
    if (next === undefined) return found
    found.push(next)
    wanted = next.nextLsn
  }
}

/** The last record that follows on a state as of `lsn` without a gap. */
export function lastAfter(map: LogMap, lsn: number): number {
  return (stretchesAfter(map, lsn).at(-1)?.nextLsn ?? lsn + 1) - 1
}

/** As of which records the state can be had: checkpoints that verify, newest first, and 0 for a log that begins with its first record. */
export function knownStates(map: LogMap): readonly number[] {
  const lsns = map.checkpoints.filter(({ sections }) => sections !== undefined).map(({ lsn }) => lsn)
  const beginsAtFirst = stretchesAfter(map, 0).length > 0 || map.checkpoints.length === 0
  return beginsAtFirst ? [...lsns, 0] : lsns
}

/** The state that salvage builds on: the newest checkpoint that verifies, and how far the log goes on from there. */
export function lastState(map: LogMap): { readonly checkpointLsn: number; readonly lastLsn: number } {
  const [checkpointLsn = 0] = knownStates(map)
  return { checkpointLsn, lastLsn: lastAfter(map, checkpointLsn) }
}
