import { SymphonyError } from '@symphony/interface'
import type { RunAttributes } from '@symphony/interface'
import { ATTRIBUTES_MAX, ATTRIBUTE_NAME_MAX, ATTRIBUTE_TEXT_MAX } from '../limits.ts'
import { jsonCommand } from './run-command.ts'
import type { RunCommand } from './run-command.ts'
import { RUN_COMMANDS } from './run-command-numbers.ts'

export const NO_ATTRIBUTES: RunAttributes = Object.freeze({})

interface SetAttributes {
  readonly run: number
  /** All the run has afterwards. */
  readonly attributes: RunAttributes
  readonly nowMs: number
}

export const setAttributes: RunCommand<SetAttributes> = jsonCommand(RUN_COMMANDS.SET_ATTRIBUTES, (state, { run, attributes }) => {
  state.managed.setAttributes(run, attributes)
})

/**
 * What a run has after a change; `null` removes. Sorted by name, so that the order of changes does not show.
 * @throws SymphonyError `INVALID_ARGUMENT`
 */
export function changedAttributes(before: RunAttributes, change: Readonly<Record<string, unknown>>): RunAttributes {
  if (typeof change !== 'object' || change === null || Array.isArray(change)) throw invalid('must be an object of texts, numbers and booleans')
  const all = new Map<string, unknown>(Object.entries(before))
  for (const [name, value] of Object.entries(change)) {
    if (value === null) all.delete(name)
    else all.set(name, checked(name, value))
  }
  if (all.size > ATTRIBUTES_MAX) throw invalid(`would be ${all.size}, and ${ATTRIBUTES_MAX} is the limit; remove some with null`)
  return Object.freeze(Object.fromEntries([...all].sort(([a], [b]) => (a < b ? -1 : 1)))) as RunAttributes
}

function checked(name: string, value: unknown): unknown {
  if (name === '' || name.length > ATTRIBUTE_NAME_MAX) throw invalid(`must have names of 1 to ${ATTRIBUTE_NAME_MAX} characters, not "${name.slice(0, 40)}"`)
  if (typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))) return value
  if (typeof value === 'string' && value.length <= ATTRIBUTE_TEXT_MAX) return value
  throw invalid(`must be booleans, finite numbers or texts of at most ${ATTRIBUTE_TEXT_MAX} characters; "${name}" is none. Store content as an artifact`)
}

function invalid(problem: string): SymphonyError {
  return new SymphonyError({ code: 'INVALID_ARGUMENT', component: '@symphony/dag', message: `The attributes of a run ${problem}.` })
}
