import { resolve } from 'node:path'
import type { Clock, Json } from '@symphony/interface'
import { nodeFileSystem, systemClock } from '@symphony/ports'
import { lockFolder, lockWithin } from './folder-lock.ts'
import type { JournalReport, ReadPorts } from './tools/journal-report.ts'
import type { LogFollower } from './tools/log-cursor.ts'
import type { SalvagePlan, SalvageReport } from './tools/salvage.ts'
import type { LogRange, StoredLog } from './tools/stored-log.ts'

// Who only logs does not load what looks at logs: each of these loads its part when it is called.

/**
 * What lies in the folder of a log: segments and checkpoints with their records and bytes, what was logged by component and type, and
 * everything that does not verify, whether opening would mind or not. Reads every byte, takes no lock and writes nothing, also
 * beside a process that has the folder open.
 *
 * @throws SymphonyError `NOT_FOUND` when there is no log, `LAYOUT_MISMATCH` for another release's format
 * @example
 * const { lastLsn, damages, refusal } = await inspectJournal('state/journal')
 * if (refusal !== undefined) console.log(refusal.message)
 */
export async function inspectJournal(folder: string, ports: ReadPorts = {}): Promise<JournalReport> {
  const { openness, reportOn } = await import('./tools/journal-report.ts')
  return reportOn(ports.fileSystem ?? nodeFileSystem, resolve(folder), openness(folder, ports))
}

/**
 * A log as it was when record `toLsn` was its last one: the checkpoint to begin with and the commands after it. Also of a log that does
 * not open, as far as it goes without a gap. Takes no lock and writes nothing.
 *
 * @throws SymphonyError `NOT_FOUND` when there is no log, `INVALID_ARGUMENT` for a record out of its reach (`details.earliestLsn`,
 * `details.lastLsn`), `LAYOUT_MISMATCH`
 * @example
 * const log = await readLog('state/journal', { toLsn: 1200 })
 * for (const { component, bytes } of log.checkpointSections) restore(component, bytes)
 * log.replay((command) => apply(command))
 */
export async function readLog(folder: string, range: LogRange = {}, ports: ReadPorts = {}): Promise<StoredLog> {
  const { storedLog } = await import('./tools/stored-log.ts')
  return storedLog(ports.fileSystem ?? nodeFileSystem, resolve(folder), range)
}

/**
 * Reads on in a log from the record after `afterLsn`, while another process writes it.
 *
 * @example
 * const follower = await followLog('state/journal', 1200)
 * setInterval(() => follower.poll(({ lsn, component, type }) => console.log(lsn, component, type)), 500)
 */
export async function followLog(folder: string, afterLsn: number, ports: ReadPorts = {}): Promise<LogFollower> {
  const { LogCursor } = await import('./tools/log-cursor.ts')
  return new LogCursor(ports.fileSystem ?? nodeFileSystem, resolve(folder), afterLsn)
}

/**
 * What {@link salvageJournal} would keep and what it would give up. Writes nothing.
 *
 * @throws SymphonyError `NOT_FOUND`, `LAYOUT_MISMATCH`
 */
export async function planSalvage(folder: string, ports: ReadPorts = {}): Promise<SalvagePlan> {
  const { planOf } = await import('./tools/salvage.ts')
  return planOf(ports.fileSystem ?? nodeFileSystem, resolve(folder))
}

/**
 * Makes a damaged log open again, at the price of what lies behind the damage: keeps the newest checkpoint that verifies and the
 * records that follow on it without a gap, sets the damaged files aside under `<name>.broken`, and tells what was given up in a file
 * `salvage-NNNNNNNNNN.json` in the log's folder. Does nothing to a log that opens.
 *
 * New records get the numbers of those that were given up. Look at {@link planSalvage} before.
 *
 * @param options.notes JSON that goes into that file, such as what the records given up were about
 * @throws SymphonyError `JOURNAL_LOCKED` while a process has the folder open, `NOT_FOUND`, `LAYOUT_MISMATCH`, `STORAGE_FULL`, …
 * @example
 * const { givenUp } = await planSalvage('state/journal')
 * if (await agrees(givenUp)) await salvageJournal('state/journal')
 */
export async function salvageJournal(folder: string, options: { readonly notes?: Json } = {}, ports: ReadPorts & { readonly clock?: Clock } = {}): Promise<SalvageReport> {
  const { salvageLog } = await import('./tools/salvage.ts')
  const path = resolve(folder)
  // Before the lock, which needs the folder.
  await planSalvage(path, ports)
  const fs = ports.fileSystem ?? nodeFileSystem
  const unlock = ports.fileSystem === undefined ? await lockFolder(path) : lockWithin(fs, path)
  try {
    return salvageLog(fs, path, ports.clock ?? systemClock, options.notes)
  } finally {
    await unlock()
  }
}
