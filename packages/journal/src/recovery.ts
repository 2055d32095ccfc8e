import { join } from 'node:path'
import { isSymphonyError } from '@symphony/interface'
import type { FileSystem, Logger } from '@symphony/interface'
import { silentLogger } from '@symphony/ports'
import { checkpointLsns, checkpointPath, readCheckpoint } from './checkpoint-file.ts'
import type { Checkpoint } from './checkpoint-file.ts'
import { corruptError } from './journal-error.ts'
import { readSegmentHeader, segmentNumbers, segmentPath } from './segment-file.ts'
import type { SegmentFile } from './segment-file.ts'
import { SegmentScan } from './segment-scan.ts'
import { walkLog } from './log-walk.ts'
import type { SegmentWalk } from './log-walk.ts'
import { setTornTailAside } from './torn-tail.ts'

/** A segment that is full, and its last record: what decides when it may be dropped. */
export interface SealedSegment {
  readonly number: number
  readonly lastLsn: number
}

/** Where the writer goes on. Plain data: it crosses to the writer thread. */
export interface WriterPosition {
  readonly logId: Uint8Array
  readonly segment: number
  readonly offset: number
  readonly chain: number
  readonly nextLsn: number
  readonly sealed: readonly SealedSegment[]
  /** The next segment exists already, empty. */
  readonly hasNext: boolean
  /** Newest first. */
  readonly checkpoints: readonly number[]
  /** What a writer before has done already, in this process. */
  readonly former?: { readonly commits: number; readonly bytesWritten: number; readonly hasUnclosedFrames: boolean }
}

export interface RecoveredLog {
  readonly position: WriterPosition
  readonly checkpoint: Checkpoint
  readonly tornBytes: number
  /** What replay has to walk. */
  readonly segments: readonly SegmentFile[]
}

/** A log as it lies there, and what its writer has to put right before it goes on. */
interface SurveyedLog extends RecoveredLog {
  readonly torn: SegmentWalk | undefined
  /** The segment everything is written behind. */
  readonly last: SegmentWalk
}

/**
 * Finds out what was durable, and leaves the folder so that the writer can go on right behind it: the newest checkpoint that
 * verifies, then every frame after it. Returns undefined for a folder without a log.
 *
 * @throws SymphonyError `JOURNAL_CORRUPT` for damage that is not an interrupted write, `LAYOUT_MISMATCH` for another release's
 * format, and what the file system throws
 */
export function recoverLog(fs: FileSystem, folder: string, logger: Logger): RecoveredLog | undefined {
  for (const name of fs.list(folder)) if (name.endsWith('.tmp')) fs.remove(join(folder, name))
  const log = surveyLog(fs, folder, logger)
  if (log === undefined) return undefined
  const { torn, last } = log
  const tornBytes = torn === undefined ? 0 : setTornTailAside(fs, folder, torn.segment, torn.offset, torn.endOfBytes)
  if (tornBytes > 0) logger.warn('an interrupted write was set aside', { path: torn?.segment.path ?? '', tornBytes })
  // What the system shows need not be on the device: a killed process may have left names, and a failed fsync a closing mark, that are not.
  fs.syncFolder(folder)
  if (last.lastFrameOffset > 0) rewriteLastFrame(fs, last)
  return log
}

/**
 * The same without a single write: what is there, whoever may be writing behind it. Returns undefined for a folder without a log.
 *
 * @throws as {@link recoverLog}
 */
export function surveyLog(fs: FileSystem, folder: string, logger: Logger): SurveyedLog | undefined {
  const names = fs.list(folder)
  const numbers = segmentNumbers(names)
  const lsns = checkpointLsns(names)
  if (numbers.length === 0) {
    if (lsns.length === 0) return undefined
    throw corruptError(checkpointPath(folder, lsns[0] as number), 0, 0, 'there is a checkpoint but no segment of the log')
  }
  const segments = openSegments(fs, folder, numbers, (before) => lastGoodLsn(fs, folder, lsns, before))
  const checkpoint = newestCheckpoint(fs, folder, lsns, segments[0] as SegmentFile, logger)
  const start = firstNeeded(fs, segments, checkpoint.lsn)
  const needed = segments.slice(start)
  const { walks, torn } = walkLog(fs, needed, checkpoint.lsn)
  // Everything is written behind the last frame there is; segments after that one hold nothing.
  const lastIndex = Math.max(0, walks.findLastIndex((walk) => walk.lastFrameOffset > 0))
  const last = walks[lastIndex] as SegmentWalk
  const skipped = segments.slice(0, start).map(({ number }) => ({ number, lastLsn: (walks[0] as SegmentWalk).firstLsn - 1 }))
  const sealed = [...skipped, ...walks.slice(0, lastIndex).map(asSealed)]
  return {
    position: {
      logId: last.segment.logId,
      segment: last.segment.number,
      offset: last.offset,
      chain: last.chain,
      nextLsn: Math.max(last.nextLsn, checkpoint.lsn + 1),
      sealed,
      hasNext: start + lastIndex < segments.length - 1,
      checkpoints: lsns,
    },
    checkpoint,
    tornBytes: torn === undefined ? 0 : torn.endOfBytes - torn.offset,
    segments: needed.slice(0, lastIndex + 1),
    torn,
    last,
  }
}

function openSegments(fs: FileSystem, folder: string, numbers: readonly number[], lastGood: (before: readonly SegmentFile[]) => number): SegmentFile[] {
  const segments: SegmentFile[] = []
  for (const number of numbers) {
    const former = segments.at(-1)
    if (former !== undefined && number !== former.number + 1) throw corruptError(segmentPath(folder, former.number + 1), 0, lastGood(segments), 'the segment is missing')
    const segment = readSegmentHeader(fs, folder, number, () => lastGood(segments))
    if (former !== undefined && Buffer.compare(segment.logId, former.logId) !== 0) throw corruptError(segment.path, 16, lastGood(segments), 'the segment belongs to another log')
    segments.push(segment)
  }
  return segments
}

/** The last record that the segments before a damaged one, or a checkpoint, still hold: somebody has to be told. */
function lastGoodLsn(fs: FileSystem, folder: string, lsns: readonly number[], before: readonly SegmentFile[]): number {
  const [first] = before
  if (first === undefined) return 0
  const { lsn } = newestCheckpoint(fs, folder, lsns, first, silentLogger)
  try {
    const { walks } = walkLog(fs, before.slice(firstNeeded(fs, before, lsn)), lsn)
    return Math.max(lsn, (walks.at(-1)?.nextLsn ?? 1) - 1)
  } catch (error) {
    if (!isSymphonyError(error, 'JOURNAL_CORRUPT')) throw error
    return error.details['lastGoodLsn'] as number
  }
}

function newestCheckpoint(fs: FileSystem, folder: string, lsns: readonly number[], { logId }: SegmentFile, logger: Logger): Checkpoint {
  for (const lsn of lsns) {
    const checkpoint = readCheckpoint(fs, folder, lsn, logId)
    if (checkpoint !== undefined) return checkpoint
    logger.warn('a checkpoint does not verify and is passed over', { path: checkpointPath(folder, lsn) })
  }
  return { lsn: 0, sections: [] }
}

/** Index of the last segment whose first frame passes and starts at or before the first record wanted. */
function firstNeeded(fs: FileSystem, segments: readonly SegmentFile[], checkpointLsn: number): number {
  for (let index = segments.length - 1; index > 0; index--) {
    const scan = new SegmentScan(fs, segments[index] as SegmentFile)
    const firstLsn = scan.next()?.head.firstLsn
    scan.close()
    if (firstLsn !== undefined && firstLsn <= checkpointLsn + 1) return index
  }
  return 0
}

function asSealed(walk: SegmentWalk): SealedSegment {
  return { number: walk.segment.number, lastLsn: walk.nextLsn - 1 }
}

/**
 * Writes the last frame once more and forces it. Only that one can have been written without its fsync having succeeded: after
 * a failed fsync the system may call a page clean that never reached the device, and reading it back proves nothing.
 */
function rewriteLastFrame(fs: FileSystem, { segment, offset, lastFrameOffset }: SegmentWalk): void {
  const frame = new Uint8Array(offset - lastFrameOffset)
  const file = fs.open(segment.path, 'r+')
  try {
    fs.read(file, frame, lastFrameOffset)
    fs.write(file, frame, lastFrameOffset)
    fs.syncData(file)
  } finally {
    fs.close(file)
  }
}
