import { existsSync, readdirSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { SymphonyError } from '@symphony/interface'
import { readState } from '@symphony/runtime'
import type { StateView } from '@symphony/runtime'
import { distance } from 'fastest-levenshtein'

/** The runs of one state folder, and where that is. */
export interface FoundState {
  readonly folder: string
  readonly view: StateView
}

/** A run somebody named, and the state it was found in. */
export interface FoundRun extends FoundState {
  readonly id: string
}

const NAMES_SHOWN = 5

/**
 * Reads the state in a folder, or in each folder directly inside it: `.symphony` holds one for everything that was run.
 *
 * @throws SymphonyError `NOT_FOUND` when there is none, and what reading it throws
 */
export async function readStates(base: string): Promise<readonly FoundState[]> {
  const folders = stateFolders(resolve(base))
  if (folders.length === 0) {
    throw new SymphonyError({
      code: 'NOT_FOUND',
      component: 'host',
      message: `There is no state in ${resolve(base)}. Run something first (symphony run …), or name its folder with --state.`,
      details: { folder: resolve(base) },
    })
  }
  const found: FoundState[] = []
  for (const folder of folders) found.push({ folder, view: await readState(folder) })
  return found
}

function stateFolders(base: string): readonly string[] {
  const isState = (folder: string): boolean => existsSync(join(folder, 'journal'))
  if (isState(base)) return [base]
  if (!existsSync(base)) return []
  return readdirSync(base, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map((entry) => join(base, entry.name)).filter(isState).sort()
}

/**
 * The run of an id, or of the beginning of one if no other run begins like it.
 *
 * @throws SymphonyError `RUN_UNKNOWN` with the nearest ids, `INVALID_ARGUMENT` when more than one is meant
 */
export function findRun(states: readonly FoundState[], wanted: string): FoundRun {
  const all = states.flatMap(({ folder, view }) => view.dag.runs().map((id): FoundRun => ({ id, folder, view })))
  const exact = all.filter(({ id }) => id === wanted)
  const meant = exact.length > 0 || wanted === '' ? exact : all.filter(({ id }) => id.startsWith(wanted))
  if (meant.length === 1) return meant[0] as FoundRun
  if (meant.length === 0) throw unknownRun(wanted, all)
  const places = meant.slice(0, NAMES_SHOWN).map(({ id, folder }) => `${id} in ${relative('.', folder) || '.'}`)
  const next = exact.length > 0 ? 'Name its folder with --state.' : 'Write more of its id.'
  throw new SymphonyError({ code: 'INVALID_ARGUMENT', component: 'host', message: `"${wanted}" may be ${meant.length} runs: ${places.join(', ')}${meant.length > places.length ? ', …' : ''}. ${next}`, details: { run: wanted } })
}

function unknownRun(wanted: string, all: readonly FoundRun[]): SymphonyError {
  const near = all
    .map(({ id }) => ({ id, edits: distance(wanted.toLowerCase(), id.toLowerCase()) }))
    .filter(({ id, edits }) => edits <= Math.max(2, Math.min(wanted.length, id.length) / 2))
    .sort((a, b) => a.edits - b.edits)
    .slice(0, NAMES_SHOWN)
    .map(({ id }) => id)
  const quoted = (ids: readonly string[]): string => ids.map((id) => `"${id}"`).join(', ')
  const newest = all.slice(-NAMES_SHOWN).map(({ id }) => id).toReversed()
  const hint = near.length > 0 ? `Did you mean ${quoted(near)}?` : all.length === 0 ? 'No run is kept there.' : `The newest are ${quoted(newest)}.`
  return new SymphonyError({ code: 'RUN_UNKNOWN', component: 'host', message: `There is no run "${wanted}". ${hint} symphony runs lists all.`, details: { run: wanted, near } })
}
