import type { CheckpointSection, FileSystem, Lsn } from '@symphony/interface'
import { nodeFileSystem } from '@symphony/ports'
import { checkpointPath, writeCheckpoint } from './checkpoint-file.ts'
import { journalError } from './journal-error.ts'
import { readSegmentHeader, segmentNumbers } from './segment-file.ts'

/**
 * Writes a checkpoint into the folder of a log beside whoever writes that: for another thread, which has made the state out of the
 * log. Crash-atomic, forced and read back. The journal knows nothing of it until it is told, by `adoptCheckpoint`; who opens the
 * folder before that finds it all the same.
 *
 * @param asOf the last record the sections contain; it has to be durable
 * @throws SymphonyError `NOT_FOUND` for a folder without a log, `STORAGE_FULL`, `STORAGE_READ_ONLY`, `STORAGE_FAILED`
 * @example
 * const journal = await openJournal({ folder, readOnly: true }) // in the other thread
 * for (const { bytes } of journal.checkpointSections) state.restore(bytes)
 * journal.replay(({ type, body, lsn }) => void (lsn <= asOf && state.apply(type, body)))
 * placeCheckpoint(folder, [{ component: 1, bytes: state.snapshot() }], asOf)
 */
export function placeCheckpoint(folder: string, sections: readonly CheckpointSection[], asOf: Lsn, fs: FileSystem = nodeFileSystem): void {
  const [first] = fs.stat(folder) === undefined ? [] : segmentNumbers(fs.list(folder))
  if (first === undefined) throw journalError('NOT_FOUND', `There is no journal in ${folder}. Check the path: a checkpoint belongs to a log.`, { folder })
  const { logId } = readSegmentHeader(fs, folder, first)
  for (const _ of writeCheckpoint(fs, folder, logId, { lsn: asOf, sections }, `${checkpointPath(folder, asOf)}.placed.tmp`));
}
