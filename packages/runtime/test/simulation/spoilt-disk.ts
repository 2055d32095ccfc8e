import { createHash } from 'node:crypto'
import type { Damage, Simulation, SpoiltOpening } from '@symphony/conformance/simulator'
import { isSymphonyError } from '@symphony/interface'
import type { Runtime } from '@symphony/interface'
import { checkpointLsnOf, FRAME_HEAD_BYTES, framesOf, HEADER_BYTES } from './log-look.ts'
import type { SeenFrame } from './log-look.ts'

/**
 * What has to come of a disk that was spoilt. Damage to the log is refused, with its place and the last record before it, and nothing is
 * touched. Where a second copy exists it is used: a checkpoint that does not verify is passed over. Only the last commit of a log that was
 * not closed cannot be told from an interrupted write: it is set aside, and that is told. A spoilt content is found by its address when it
 * is read. Nothing else is missing, and nothing spoilt is ever read as good.
 *
 * @returns whether it is lived with: what was refused or cut comes back from a copy
 */
export function lookAtSpoilt(opening: SpoiltOpening, simulation: Simulation): boolean {
  const { runtime, refusal } = opening
  const { oracle, world } = simulation
  const wrong = (what: string): void => oracle.violated(`${what}; spoilt was ${opening.damages.map(({ path, at, was }) => `${path} at ${at} (${was.length})`).join(', ')}`)
  if (runtime === undefined) {
    world.tally.count('spoilt-refused')
    const problem = problemOfRefusal(opening, refusal) ?? touched(opening, simulation)
    if (problem !== undefined) wrong(problem)
    return false
  }
  if (isCut(opening, runtime)) {
    world.tally.count('spoilt-tail')
    return false
  }
  const problem = problemOfLog(opening, runtime) ?? lookAtContents(opening, runtime, simulation)
  if (problem !== undefined) wrong(problem)
  else oracle.recovered(runtime)
  if (opening.damages.some(({ path }) => path.endsWith('.ckpt'))) world.tally.count('spoilt-checkpoint')
  return true
}

function problemOfRefusal({ damages, whole }: SpoiltOpening, refusal: unknown): string | undefined {
  if (!isSymphonyError(refusal, 'JOURNAL_CORRUPT')) return `it did not open: ${String(refusal)}`
  const { path, offset, lastGoodLsn } = refusal.details as { readonly path: string; readonly offset: number; readonly lastGoodLsn: number }
  const there = damages.filter((damage) => damage.path === path)
  if (!path.endsWith('.log') || !there.some((damage) => offset < endOf(damage))) return `byte ${offset} of ${path} was refused`
  if (there.some(({ at }) => at >= HEADER_BYTES && at < offset)) return `byte ${offset} of ${path} was refused, and not the first that was spoilt`
  const before = framesOf(whole).filter((frame) => frame.path < path || (frame.path === path && frame.at + frame.bytes <= offset))
  // Without any segment before it nobody knows whose the checkpoints are.
  const isFirst = offset < HEADER_BYTES && path === framesOf(whole)[0]?.path
  const good = isFirst ? 0 : lastLsnOf(before, checkpointLsnOf(whole))
  return lastGoodLsn === good ? undefined : `byte ${offset} of ${path} was refused with record ${lastGoodLsn} as the last good one, which is ${good}`
}

/** Whoever refuses a log leaves it as it is. */
function touched({ damages, whole }: SpoiltOpening, { world }: Simulation): string | undefined {
  const names = (files: typeof whole): readonly string[] => files.list('/state/journal').filter((name) => !name.endsWith('.tmp'))
  if (names(whole).join() !== names(world.files).join()) return `a log was refused, and its files are ${names(world.files).join()}`
  for (const name of names(whole)) {
    const path = `/state/journal/${name}`
    const found = world.files.bytesOf(path).slice()
    for (const { at, was } of damages.filter((damage) => damage.path === path)) found.set(was, at)
    if (Buffer.compare(found, whole.bytesOf(path)) !== 0) return `a log was refused, and ${name} was changed`
  }
  return undefined
}

/**
 * The last commit was taken for an interrupted write, as it has to be where nothing says that it was whole; and those before it that were
 * spoilt together with it, if that took their heads as well, which name where they end.
 */
function isCut({ damages, whole }: SpoiltOpening, { journal, recovery }: Runtime): boolean {
  const isHit = ({ path, at }: SeenFrame, bytes: number): boolean => damages.some((damage) => damage.path === path && damage.at < at + bytes && at < endOf(damage))
  const frames = framesOf(whole)
  let first = frames.length
  while (first > 0 && isHit(frames[first - 1] as SeenFrame, (frames[first - 1] as SeenFrame).bytes)) first--
  const cut = frames.slice(first)
  if (recovery.tornBytes === 0 || cut.length === 0) return false
  // The mark of a close is the only thing behind some records that says nothing of its own.
  if (cut.slice(0, -1).some((frame) => !isHit(frame, FRAME_HEAD_BYTES))) return false
  return journal?.lastLsn === Math.max((cut[0] as SeenFrame).firstLsn - 1, checkpointLsnOf(whole))
}

function problemOfLog({ damages, whole }: SpoiltOpening, { journal, recovery }: Runtime): string | undefined {
  const lastLsn = lastLsnOf(framesOf(whole), checkpointLsnOf(whole))
  if (journal?.lastLsn !== lastLsn) return `record ${lastLsn} was the last one, and ${journal?.lastLsn} is`
  const read = damages.find(({ path }) => path.endsWith('.ckpt') && Number(/\d+/.exec(path)?.[0]) === recovery.checkpointLsn)
  return read === undefined ? undefined : `${read.path} was spoilt, and it was read`
}

function lookAtContents({ damages }: SpoiltOpening, { artifacts }: Runtime, { oracle, world }: Simulation): string | undefined {
  for (const ref of artifacts.refs()) {
    try {
      if (createHash('sha256').update(artifacts.get(ref)).digest('hex') !== ref) return `artifact ${ref} was read with other bytes`
    } catch (error) {
      const isTold = isSymphonyError(error, 'ARTIFACT_CORRUPT') && damages.some(({ path }) => path === error.details['file'])
      if (!isTold) return `artifact ${ref}: ${String(error)}`
      oracle.spoilt(ref)
      world.tally.count('spoilt-content')
    }
  }
  return undefined
}

function lastLsnOf(frames: readonly SeenFrame[], checkpointLsn: number): number {
  return Math.max(checkpointLsn, ...frames.map(({ firstLsn, records }) => firstLsn + records - 1))
}

function endOf({ at, was }: Damage): number {
  return at + was.length
}
