import { createHash } from 'node:crypto'
import { statfsSync, statSync } from 'node:fs'
import { isSymphonyError } from '@symphony/interface'
import type { ArtifactStore, DagTracker, Recoverable } from '@symphony/interface'
import { inspectJournal, readLog } from '@symphony/journal'
import type { JournalReport } from '@symphony/journal'
import { verifyAll } from './inspect-state.ts'
import { emptyMachine, fold, machineAsOf } from './machine.ts'
import type { StateCheck } from './state-check.ts'

const MIB = 1024 * 1024
/** With less, the next commits may already find no room. */
const FREE_BYTES_MIN = 16 * MIB
/** What a new segment of the log can take before a checkpoint frees one. */
const SEGMENT_BYTES = 64 * MIB
const NAMES_MAX = 5

/** Looks at everything a state folder holds, by reading alone. @throws SymphonyError `NOT_FOUND` when there is none */
export async function checksOf(folder: string): Promise<readonly StateCheck[]> {
  const journal = `${folder}/journal`
  let report: JournalReport
  try {
    report = await inspectJournal(journal)
  } catch (error) {
    if (!isSymphonyError(error, 'LAYOUT_MISMATCH')) throw error
    return [{ name: 'format', level: 'bad', says: error.message, next: 'Open the folder with the release that wrote it; this one leaves it alone.' }]
  }
  const checks = [checkFormat(report), checkLock(report), checkSpace(folder, report), checkLog(report), checkCheckpoints(report)]
  return [...checks, ...(await checkState(folder)), await checkDigests(folder, report)]
}

function checkFormat({ logId }: JournalReport): StateCheck {
  return { name: 'format', level: 'ok', says: `version 1, log ${logId}` }
}

function checkLock({ isOpen }: JournalReport): StateCheck {
  return { name: 'lock', level: 'ok', says: isOpen ? 'a process has the folder open; it was looked at beside it' : 'free' }
}

function checkSpace(folder: string, { checkpoints }: JournalReport): StateCheck {
  const { bavail, bsize } = statfsSync(folder)
  const reserve = statSync(`${folder}/reserve`, { throwIfNoEntry: false })
  const freeBytes = bavail * bsize
  const wanted = 2 * (SEGMENT_BYTES + (checkpoints[0]?.sizeBytes ?? 0))
  const says = `${spellBytes(freeBytes)} free${reserve === undefined ? '' : ` and ${spellBytes(reserve.size)} in reserve`}`
  if (freeBytes < FREE_BYTES_MIN) return { name: 'space', level: 'bad', says, next: 'Free some space before the next start: the log will soon find no room.' }
  return freeBytes >= wanted ? { name: 'space', level: 'ok', says } : { name: 'space', level: 'warn', says, next: `Keep ${spellBytes(wanted)} free: a segment of the log and a checkpoint, twice.` }
}

function checkLog({ segments, refusal, damages, tornBytes, isOpen, earliestLsn, lastLsn, setAside }: JournalReport): StateCheck {
  const bytes = segments.reduce((sum, { usedBytes }) => sum + usedBytes, 0)
  if (refusal !== undefined) return { name: 'log', level: 'bad', says: refusal.message, next: 'symphony doctor --salvage shows what would be lost, and asks. Take a copy of the folder before.' }
  const says = `${counted(segments.length, 'segment')}, ${spellBytes(bytes)}, state as of records ${earliestLsn} to ${lastLsn}`
  const [passed] = damages.filter(({ isTorn }) => !isTorn)
  if (passed !== undefined) {
    return { name: 'log', level: 'warn', says: `${says}; ${passed.path} is damaged at byte ${passed.offset}, where nothing needs it any more`, next: 'Check the disk. The next checkpoints drop that part.' }
  }
  if (tornBytes > 0 && !isOpen) {
    return { name: 'log', level: 'warn', says: `${says}; ${tornBytes} bytes of an interrupted write at the end`, next: 'Nothing: the next start sets them aside; they were never acknowledged.' }
  }
  return setAside.length === 0 ? { name: 'log', level: 'ok', says } : { name: 'log', level: 'ok', says, next: `Set aside before: ${named(setAside)}. Remove them once you have looked at them.` }
}

function checkCheckpoints({ checkpoints, refusal }: JournalReport): StateCheck {
  const wrong = checkpoints.filter(({ verifies }) => !verifies)
  if (checkpoints.length === 0) return { name: 'checkpoints', level: 'ok', says: 'none yet: the log begins with its first record' }
  if (wrong.length === 0) return { name: 'checkpoints', level: 'ok', says: `${checkpoints.length === 1 ? 'one' : checkpoints.length}, as of ${checkpoints.map(({ lsn }) => `record ${lsn}`).join(' and ')}` }
  const says = `${named(wrong.map(({ path }) => path))} ${wrong.length === 1 ? 'does' : 'do'} not verify`
  const next = refusal === undefined ? 'Check the disk. The log makes up for it, and the next checkpoints replace it.' : 'Check the disk; see the log above.'
  return { name: 'checkpoints', level: refusal === undefined ? 'warn' : 'bad', says, next }
}

/** The whole state as it can be had, and the artifacts it speaks of. */
async function checkState(folder: string): Promise<readonly StateCheck[]> {
  try {
    const { dag, artifacts, lsn } = await machineAsOf(folder, undefined)
    const open = dag.runs().filter((id) => dag.getWorkflowState(id).endedAtMs === undefined).length
    const runs = `${counted(dag.runs().length, 'run')}, ${open === 0 ? 'all ended' : `${open} not ended`}`
    return [{ name: 'state', level: 'ok', says: `as of record ${lsn}: ${runs}` }, await checkArtifacts(dag, artifacts)]
  } catch (error) {
    if (!isSymphonyError(error)) throw error
    return [{ name: 'state', level: 'bad', says: `${error.code}: ${error.message}`, next: 'Open it with the release that wrote it, or restore the folder from a copy.' }]
  }
}

async function checkArtifacts(dag: DagTracker, store: ArtifactStore): Promise<StateCheck> {
  const { artifacts, corrupt } = await verifyAll(store)
  if (corrupt.length > 0) {
    const next = 'Restore those files from a copy. Tasks whose outputs they were can be done again: symphony fork <run> --from <task>.'
    const places = corrupt.map(({ ref, path, offset }) => `${ref.slice(0, 12)}… in ${path} at byte ${offset}`)
    return { name: 'artifacts', level: 'bad', says: `${corrupt.length} of ${artifacts} do not match their address: ${named(places)}`, next }
  }
  const missing = dag.runs().flatMap((run) => dag.tasks(run).filter(({ output }) => output !== undefined && !store.has(output)).map(({ id }) => `${run}/${id}`))
  const says = `${artifacts} read back, all as they were put`
  if (missing.length === 0) return { name: 'artifacts', level: 'ok', says }
  return { name: 'artifacts', level: 'warn', says: `${says}; outputs of ${missing.length} tasks are no longer kept: ${named(missing)}`, next: 'Nothing, if they were deleted on purpose.' }
}

/** The newest checkpoint against what its predecessor, or nothing at all, and the log in between give. */
async function checkDigests(folder: string, { checkpoints, earliestLsn }: JournalReport): Promise<StateCheck> {
  const newest = checkpoints.find(({ verifies }) => verifies)
  if (newest === undefined || newest.lsn <= earliestLsn) return { name: 'digests', level: 'ok', says: 'nothing to compare: there is one way only to the state' }
  const journal = `${folder}/journal`
  try {
    const restored = emptyMachine(folder).parts
    const replayed = emptyMachine(folder).parts
    fold(restored, await readLog(journal, { toLsn: newest.lsn }))
    fold(replayed, await readLog(journal, { fromLsn: newest.lsn, toLsn: newest.lsn }))
    const different = [...restored].filter(([number, part]) => digest(part) !== digest(replayed.get(number) as Recoverable)).map(([, part]) => String((part as { [Symbol.toStringTag]?: string })[Symbol.toStringTag]))
    if (different.length === 0) return { name: 'digests', level: 'ok', says: `the checkpoint as of record ${newest.lsn} is what replaying the log gives` }
    const next = 'Keep a copy of the folder and report it: the same records gave two states.'
    return { name: 'digests', level: 'bad', says: `the checkpoint as of record ${newest.lsn} is not what replaying the log gives: ${different.join(', ')}`, next }
  } catch (error) {
    if (!isSymphonyError(error)) throw error
    return { name: 'digests', level: 'warn', says: `could not be compared: ${error.message}`, next: 'See the checks above.' }
  }
}

function digest(part: Recoverable): string {
  return createHash('sha256').update(part.snapshot()).digest('hex')
}

function named(names: readonly string[]): string {
  return `${names.slice(0, NAMES_MAX).join(', ')}${names.length > NAMES_MAX ? ` and ${names.length - NAMES_MAX} more` : ''}`
}

function counted(number: number, one: string): string {
  return `${number} ${one}${number === 1 ? '' : 's'}`
}

function spellBytes(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB']
  const power = Math.min(units.length - 1, bytes < 1 ? 0 : Math.floor(Math.log2(bytes) / 10))
  const value = bytes / 1024 ** power
  return `${value < 10 && power > 0 ? value.toFixed(1) : Math.round(value)} ${units[power]}`
}
