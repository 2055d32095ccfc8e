import { isSymphonyError } from '@symphony/interface'
import type { CheckpointSection, FileSystem, Journal, JournalMetrics, LoggedCommand, Logger, Lsn, ReplayReport, SymphonyError } from '@symphony/interface'
import { journalError } from './journal-error.ts'
import { READ_ATTEMPTS } from './limits.ts'
import { surveyLog } from './recovery.ts'
import type { RecoveredLog } from './recovery.ts'
import { replayScans } from './replay.ts'
import { SegmentScan } from './segment-scan.ts'

interface OpenedScans {
  readonly log: RecoveredLog
  /** One a segment that replay will walk, open from now on: a file that is dropped meanwhile can still be read. */
  readonly scans: ReadonlyMap<number, SegmentScan>
}

/**
 * Opens a log for reading beside whoever writes it. A writer that adds a frame, begins a segment or drops one in the very moment
 * of looking can make the log look damaged or a file missing; looked at again, it is whole. What stays so is reported.
 *
 * @throws SymphonyError `NOT_FOUND`, `JOURNAL_CORRUPT`, `LAYOUT_MISMATCH`, and what the file system throws
 */
export function readJournal(fs: FileSystem, folder: string, logger: Logger): Journal {
  for (let attempt = 1; ; attempt++) {
    try {
      return new ReadJournal(openScans(fs, folder, logger))
    } catch (error) {
      const mayBeMoving = isSymphonyError(error, 'JOURNAL_CORRUPT') || (isSymphonyError(error, 'NOT_FOUND') && fs.stat(folder) !== undefined)
      if (!mayBeMoving || attempt === READ_ATTEMPTS) throw error
    }
  }
}

function openScans(fs: FileSystem, folder: string, logger: Logger): OpenedScans {
  const log = fs.stat(folder) === undefined ? undefined : surveyLog(fs, folder, logger)
  if (log === undefined) throw journalError('NOT_FOUND', `There is no journal in ${folder}. Check the path; opened for reading only, none is begun there.`, { folder })
  const scans = new Map<number, SegmentScan>()
  try {
    for (const segment of log.segments) scans.set(segment.number, new SegmentScan(fs, segment))
  } catch (error) {
    for (const scan of scans.values()) scan.close()
    throw error
  }
  return { log, scans }
}

/** A journal that can be read and nothing else. */
class ReadJournal implements Journal {
  readonly checkpointSections: readonly CheckpointSection[]
  readonly lastLsn: Lsn
  #opened: OpenedScans | undefined

  constructor(opened: OpenedScans) {
    this.#opened = opened
    this.checkpointSections = opened.log.checkpoint.sections
    this.lastLsn = (opened.log.position.nextLsn - 1) as Lsn
  }

  get durableLsn(): Lsn {
    return this.lastLsn
  }

  replay(apply: (command: LoggedCommand) => void): ReplayReport {
    const opened = this.#opened
    if (opened === undefined) throw journalError('INVALID_ARGUMENT', 'A journal is replayed once, before it is closed. Open it again to replay it again.')
    this.#opened = undefined
    const { log, scans } = opened
    try {
      return replayScans(log, ({ number }) => scans.get(number) as SegmentScan, apply)
    } finally {
      for (const scan of scans.values()) scan.close()
    }
  }

  append(): Lsn {
    throw readOnlyError()
  }

  transact<T>(change: () => T): T {
    return change()
  }

  durable(lsn: Lsn): Promise<void> {
    return lsn <= this.lastLsn ? Promise.resolve() : Promise.reject(readOnlyError())
  }

  syncBefore(): void {
    throw readOnlyError()
  }

  checkpoint(): Promise<Lsn> {
    return Promise.reject(readOnlyError())
  }

  adoptCheckpoint(): Promise<void> {
    return Promise.reject(readOnlyError())
  }

  flush(): Promise<void> {
    return Promise.resolve()
  }

  metrics(): JournalMetrics {
    return { records: 0, bytes: 0, commits: 0, segments: 0, lastLsn: this.lastLsn, durableLsn: this.lastLsn }
  }

  close(): Promise<void> {
    for (const scan of this.#opened?.scans.values() ?? []) scan.close()
    this.#opened = undefined
    return Promise.resolve()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

function readOnlyError(): SymphonyError {
  return journalError('NOT_SUPPORTED', 'The journal was opened for reading only. Open it without readOnly to write.')
}
