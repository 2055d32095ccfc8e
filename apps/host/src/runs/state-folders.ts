import { existsSync, readdirSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
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
  const found: FoundState[] = []
  for (const folder of stateFolders(base)) found.push({ folder, view: await readState(folder) })
  return found
}

/**
 * The state folders a folder stands for: itself, the one whose journal it is, or each directly inside it.
 *
 * @throws SymphonyError `NOT_FOUND` when there is none
 */
export function stateFolders(base: string): readonly string[] {
  const path = resolve(base)
  const isState = (folder: string): boolean => existsSync(join(folder, 'journal'))
  if (isState(path)) return [path]
  const names = existsSync(path) ? readdirSync(path, { withFileTypes: true }) : []
  if (basename(path) === 'journal' && names.some(({ name }) => /^(segment|checkpoint)-/.test(name))) return [dirname(path)]
  const found = names.filter((entry) => entry.isDirectory()).map((entry) => join(path, entry.name)).filter(isState).sort()
  if (found.length > 0) return found
  throw new SymphonyError({
    code: 'NOT_FOUND',
    component: 'host',
    message: `There is no state in ${path}. Run something first (symphony run …), or name its folder with --state.`,
    details: { folder: path },
  })
}

/**
 * The one state folder that is meant.
 *
 * @throws SymphonyError `NOT_FOUND`, `INVALID_ARGUMENT` when there are several
 */
export function oneStateFolder(base: string): string {
  const [folder, ...others] = stateFolders(base)
  if (others.length === 0) return folder as string
  const names = [folder as string, ...others].slice(0, NAMES_SHOWN).map((path) => relative('.', path) || '.')
  throw new SymphonyError({ code: 'INVALID_ARGUMENT', component: 'host', message: `There are ${others.length + 1} states here: ${names.join(', ')}${others.length >= NAMES_SHOWN ? ', …' : ''}. Name one of them with --state.` })
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
