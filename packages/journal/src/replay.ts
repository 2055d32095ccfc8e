import type { FileSystem, LoggedCommand, Lsn, ReplayReport } from '@symphony/interface'
import { forEachCommand } from './command-codec.ts'
import { corruptError } from './journal-error.ts'
import type { RecoveredLog } from './recovery.ts'
import type { SegmentFile } from './segment-file.ts'
import { SegmentScan } from './segment-scan.ts'
import type { ScannedFrame } from './segment-scan.ts'

/**
 * Hands out every command after the checkpoint. The log is read and checked a second time: keeping it in memory since
 * opening would cost its size, and reading it again comes from the system's cache.
 *
 * @throws SymphonyError `JOURNAL_CORRUPT` when it no longer reads as it did at opening
 */
export function replayLog(fs: FileSystem, log: RecoveredLog, apply: (command: LoggedCommand) => void): ReplayReport {
  return replayScans(log, (segment) => new SegmentScan(fs, segment), apply)
}

/** The same over scans somebody has opened before; they are closed as they are read. */
export function replayScans(log: RecoveredLog, scanOf: (segment: SegmentFile) => SegmentScan, apply: (command: LoggedCommand) => void): ReplayReport {
  const { position, checkpoint, segments, tornBytes } = log
  let commands = 0
  let lastLsn = checkpoint.lsn
  for (const segment of segments) {
    const scan = scanOf(segment)
    // Whoever only reads stops where it ended at opening: a writer may have gone on since.
    const end = segment.number === position.segment ? position.offset : Infinity
    try {
      for (let frame = nextBefore(scan, end); frame !== undefined; frame = nextBefore(scan, end)) {
        const { firstLsn, records } = frame.head
        if (records === 0 || firstLsn + records - 1 <= checkpoint.lsn) continue
        commands += forEachCommand(frame.payload, firstLsn, checkpoint.lsn, apply)
        lastLsn = firstLsn + records - 1
      }
      if (segment.number === position.segment && scan.offset !== position.offset) {
        throw corruptError(segment.path, scan.offset, lastLsn, 'it no longer reads as it did when the journal was opened')
      }
    } finally {
      scan.close()
    }
  }
  const records = lastLsn - checkpoint.lsn
  const firstLsn = records === 0 ? 0 : checkpoint.lsn + 1
  return { records, commands, firstLsn: firstLsn as Lsn, lastLsn: lastLsn as Lsn, checkpointLsn: checkpoint.lsn as Lsn, tornBytes }
}

function nextBefore(scan: SegmentScan, end: number): ScannedFrame | undefined {
  return scan.offset < end ? scan.next() : undefined
}
