/**
 * The write-ahead log: durable changes are commands, written here before they are acknowledged and replayed after a crash.
 * Many callers share one fsync; checkpoints keep the log short.
 *
 * @example
 * import { openJournal } from '@symphony/journal'
 *
 * await using journal = await openJournal({ folder: 'state/journal' })
 * journal.replay((command) => console.log(command.lsn, command.type))
 * await journal.durable(journal.append(1, 7, new TextEncoder().encode('hello')))
 *
 * @packageDocumentation
 */
export { isFolderOpen } from './folder-lock.ts'
export { openJournal } from './open-journal.ts'
export type { JournalInit, JournalPorts } from './journal-options.ts'
export { placeCheckpoint } from './place-checkpoint.ts'
export { followLog, inspectJournal, planSalvage, readLog, salvageJournal } from './tools.ts'
export type { CheckpointReport, JournalReport, ReadPorts, Refusal, SegmentReport } from './tools/journal-report.ts'
export type { LogFollower } from './tools/log-cursor.ts'
export type { CommandCount, Damage } from './tools/log-map.ts'
export type { GivenUp, SalvagePlan, SalvageReport } from './tools/salvage.ts'
export type { LogRange, StoredLog } from './tools/stored-log.ts'
