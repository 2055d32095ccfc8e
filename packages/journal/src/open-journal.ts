import { randomBytes } from 'node:crypto'
import type { FileSystem, Journal, Random, Turns } from '@symphony/interface'
import { isSymphonyError } from '@symphony/interface'
import { ensureFolder, nodeFileSystem, silentLogger, systemClock, systemTurns } from '@symphony/ports'
import { lockFolder, lockWithin } from './folder-lock.ts'
import { GrowingWriter } from './growing-writer.ts'
import type { GrowingWriterOptions, GrowingWriterPorts } from './growing-writer.ts'
import { InlineWriter } from './inline-writer.ts'
import { journalError } from './journal-error.ts'
import { journalSettings } from './journal-options.ts'
import type { JournalInit, JournalPorts, JournalSettings } from './journal-options.ts'
import { LARGE_STATE_BYTES } from './limits.ts'
import { LogJournal } from './log-journal.ts'
import { readJournal } from './read-journal.ts'
import { RecordRing } from './record-ring.ts'
import { recoverLog } from './recovery.ts'
import type { RecoveredLog } from './recovery.ts'
import { replayLog } from './replay.ts'
import { createSegment, LOG_ID_BYTES, readSegmentHeader, SEGMENT_HEADER_BYTES, startBytes } from './segment-file.ts'
import { SegmentWriter } from './segment-writer.ts'
import { SharedWords } from './shared-words.ts'
import { ThreadWriter } from './thread-writer.ts'
import type { OnProgress, WriterHost } from './writer-host.ts'

/**
 * Opens the log in a folder, or starts one there, and recovers it: afterwards `checkpointSections` and `replay` hand out what
 * was durable. Then it takes new records.
 *
 * Records are written by a thread of its own, many to an fsync; the first few by the caller, since the thread is started only when
 * there is something to do for it. It keeps the process alive only while somebody waits for it;
 * a process that ends without `close` loses nothing that was acknowledged.
 *
 * With `readOnly`, it only looks: see {@link JournalInit.readOnly}.
 *
 * @throws SymphonyError `JOURNAL_LOCKED` while somebody else has the folder open, `NOT_FOUND` for nothing to read, `JOURNAL_CORRUPT` for damage that is not an
 * interrupted write, `LAYOUT_MISMATCH` for another release's format, `STORAGE_READ_ONLY`, `STORAGE_FULL`, `STORAGE_FAILED`,
 * `INVALID_ARGUMENT`, `UNKNOWN_KEY`
 * @example
 * const journal = await openJournal({ folder: 'state/journal' })
 * journal.replay((command) => apply(command))
 * const lsn = journal.append(COMPONENT_IDS.dag, 1, body)
 * await journal.durable(lsn)
 */
export function openJournal(init: JournalInit, ports: JournalPorts = {}): Promise<Journal> {
  return openWith(startWriter, init, ports)
}

/**
 * Starts what empties the ring of a journal, behind a log that was recovered.
 * @param givenTurns the caller's own: an inline writer commits at their ends, not in the middle of what its caller does
 */
export type StartWriter = (
  settings: JournalSettings, log: RecoveredLog, ports: GrowingWriterPorts, givenTurns: Turns | undefined,
) => (onProgress: OnProgress) => WriterHost

/** The same with a writer of the caller's choice: a simulation takes the steps of the thread one by one. */
export async function openWith(start: StartWriter, init: JournalInit, ports: JournalPorts): Promise<Journal> {
  const settings = journalSettings(init, ports)
  const fs = ports.fileSystem ?? nodeFileSystem
  const logger = ports.logger ?? silentLogger
  const { folder, durability, recordBytesMax } = settings
  try {
    if (settings.readOnly) return readJournal(fs, folder, logger)
    ensureFolder(fs, folder)
    const unlock = ports.fileSystem === undefined ? await lockFolder(folder) : lockWithin(fs, folder)
    try {
      const log = recoverLog(fs, folder, logger) ?? startLog(fs, settings, ports.random)
      const opened = {
        lastLsn: log.position.nextLsn - 1,
        checkpointSections: log.checkpoint.sections,
        replay: (apply: Parameters<Journal['replay']>[0]) => replayLog(fs, log, apply),
      }
      const { clock = systemClock, turns = systemTurns } = ports
      const startHost = start(settings, log, { fs, clock, logger, turns }, ports.turns)
      return new LogJournal(opened, { durability, recordBytesMax, clock, turns, logger, unlock }, startHost)
    } catch (error) {
      await unlock()
      throw error
    }
  } catch (error) {
    throw explained(error, folder)
  }
}

function startLog(fs: FileSystem, { folder, segmentBytes, recordBytesMax }: JournalSettings, random: Random | undefined): RecoveredLog {
  const logId = new Uint8Array(LOG_ID_BYTES)
  if (random === undefined) logId.set(randomBytes(LOG_ID_BYTES))
  else logId.forEach((_, at) => void (logId[at] = Math.floor(random.next() * 256)))
  fs.close(createSegment(fs, folder, logId, 1, startBytes(segmentBytes, recordBytesMax)))
  const { seed } = readSegmentHeader(fs, folder, 1)
  const position = { logId, segment: 1, offset: SEGMENT_HEADER_BYTES, chain: seed, nextLsn: 1, sealed: [], hasNext: false, checkpoints: [] }
  return { position, checkpoint: { lsn: 0, sections: [] }, tornBytes: 0, segments: [] }
}

const startWriter: StartWriter = (settings, { position, checkpoint }, ports, givenTurns) => {
  const { folder, segmentBytes, recordBytesMax, ringBytes, durability, writer, threadAfterCommits, reservePath } = settings
  const options: GrowingWriterOptions = { folder, segmentBytes, recordBytesMax, isSynced: durability !== 'none', reservePath, ringBytes, threadAfterCommits }
  const isLarge = checkpoint.sections.reduce((total, { bytes }) => total + bytes.length, 0) > LARGE_STATE_BYTES
  if (writer === 'thread' && threadAfterCommits > 0 && !isLarge) return (onProgress) => new GrowingWriter(options, position, ports, onProgress)
  return (onProgress) => {
    const shared = new SharedWords()
    const ring = RecordRing.create(shared.words, ringBytes)
    if (writer === 'thread') return new ThreadWriter(options, { shared, ring }, onProgress, position)
    const inline = { isEager: durability === 'sync', isSynced: options.isSynced, ...(givenTurns === undefined ? {} : { later: (commit: () => void) => givenTurns.later(commit) }) }
    return new InlineWriter(new SegmentWriter(ports.fs, options, position), ring, inline, onProgress)
  }
}

/** A refusal by the storage, told in terms of the journal's folder. */
function explained(error: unknown, folder: string): unknown {
  if (!isSymphonyError(error) || error.component === 'journal' || !error.code.startsWith('STORAGE_')) return error
  return journalError(error.code, `The journal in ${folder} cannot be opened. ${error.message}`, { folder, ...error.details }, error)
}
