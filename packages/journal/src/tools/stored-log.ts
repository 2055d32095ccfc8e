import type { CheckpointSection, FileSystem, LoggedCommand } from '@symphony/interface'
import { forEachCommand } from '../command-codec.ts'
import { journalError } from '../journal-error.ts'
import { SegmentScan } from '../segment-scan.ts'
import type { ScannedFrame } from '../segment-scan.ts'
import { mapOf } from './journal-report.ts'
import { knownStates, lastAfter, lastState, stretchesAfter } from './log-map.ts'
import type { Stretch } from './log-map.ts'

/** Which part of a log is read. */
export interface LogRange {
  /** The first record of interest: the state before it is to be had. Default: the one after `toLsn`, so that only the state is. */
  readonly fromLsn?: number
  /** The last record. Default: the last one there is; with damage, the last one before it. */
  readonly toLsn?: number
}

/** A log as of one of its records. */
export interface StoredLog {
  /** The checkpoint it begins with; 0 and no sections for the state before the first record. */
  readonly checkpointLsn: number
  readonly checkpointSections: readonly CheckpointSection[]
  readonly toLsn: number
  /** The last record that can be had. */
  readonly lastLsn: number
  /** Hands out every command after the checkpoint, up to `toLsn`, in order. As often as wanted. */
  replay(visit: (command: LoggedCommand) => void): void
}

/**
 * Chooses the checkpoint and the records that give a state.
 *
 * @throws SymphonyError `NOT_FOUND` for no log, `INVALID_ARGUMENT` for a record the log does not reach back to, or not forward to
 */
export function storedLog(fs: FileSystem, folder: string, range: LogRange): StoredLog {
  const map = mapOf(fs, folder)
  const states = knownStates(map)
  const { lastLsn } = lastState(map)
  const { toLsn = lastLsn } = range
  const { fromLsn = toLsn + 1 } = range
  const base = states.find((lsn) => lsn < fromLsn && lsn <= toLsn && lastAfter(map, lsn) >= toLsn)
  if (base === undefined || fromLsn < 1 || !Number.isSafeInteger(toLsn) || !Number.isSafeInteger(fromLsn)) throw outOfReach(states, lastLsn, Math.min(fromLsn - 1, toLsn))
  const checkpoint = map.checkpoints.find(({ lsn }) => lsn === base)
  return {
    checkpointLsn: base,
    checkpointSections: checkpoint?.sections ?? [],
    toLsn,
    lastLsn,
    replay: (visit) => forEachFrame(fs, stretchesAfter(map, base), ({ head, payload }) => {
      if (head.firstLsn > toLsn || head.firstLsn + head.records <= base) return
      forEachCommand(payload, head.firstLsn, base, (command) => {
        if (command.lsn <= toLsn) visit(command)
      })
    }),
  }
}

/** The frames of some stretches, in order. A payload is a view that the next one overwrites. */
export function forEachFrame(fs: FileSystem, stretches: readonly Stretch[], visit: (frame: ScannedFrame) => void): void {
  for (const { segment, offset, endOffset, chain } of stretches) {
    const scan = new SegmentScan(fs, segment)
    try {
      scan.offset = offset
      scan.chain = chain
      while (scan.offset < endOffset) {
        const frame = scan.next()
        if (frame === undefined) throw journalError('STORAGE_FAILED', `${segment.path} no longer reads at byte ${scan.offset} as it did a moment ago. Look at it again.`, { path: segment.path })
        visit(frame)
      }
    } finally {
      scan.close()
    }
  }
}

function outOfReach(states: readonly number[], lastLsn: number, wanted: number): Error {
  const earliestLsn = states.at(-1) ?? lastLsn
  const message = `The log gives the state as of records ${earliestLsn} to ${lastLsn}, not as of ${wanted}. Name one of those; what lies before is dropped when checkpoints are written.`
  return journalError('INVALID_ARGUMENT', message, { earliestLsn, lastLsn, wanted })
}
