import { SymphonyError } from '@symphony/interface'
import type { Random, StartOptions } from '@symphony/interface'
import type { StartCommand } from '../apply.ts'
import { suggestion } from '../definition/nearest.ts'

const KEYS: ReadonlySet<string> = new Set(['id', 'input', 'tenant', 'priority', 'parent', 'attributes', 'notBeforeMs', 'debounce', 'undoes'])
const DEFAULT_TENANT = 'default'

/**
 * @param meant the id of a run whose options need not name it
 * @throws SymphonyError `INVALID_ARGUMENT`, `UNKNOWN_KEY`
 */
export function checkStart(options: StartOptions, nowMs: number, ids: RunIds, meant?: string, keys: ReadonlySet<string> = KEYS): StartCommand {
  for (const key in options) if (!keys.has(key)) throw unknownKey(key, keys)
  const { id = meant ?? ids.next(), tenant = DEFAULT_TENANT, priority = 0, input = null } = options
  if (typeof id !== 'string' || id === '') throw invalid('id', 'a string that is not empty')
  if (typeof tenant !== 'string' || tenant === '') throw invalid('tenant', 'a string that is not empty')
  if ((priority | 0) !== priority) throw invalid('priority', 'a whole number of 32 bits')
  return { id, tenant, priority, input, nowMs }
}

/** Ids of runs that were given none: sixty-four bits of chance drawn once, then a number. No two processes share the first. */
export class RunIds {
  readonly #prefix: string
  /** All but the last two digits. */
  #stem = ''
  #count = 0

  constructor(random: Random) {
    this.#prefix = `run-${part(random)}${part(random)}-`
  }

  next(): string {
    const count = this.#count++
    // Two digits at a time from a table: the engine's way to write numbers to this base costs as much as the rest of a start.
    const low = count % PAIRS
    if (low === 0) this.#stem = count === 0 ? this.#prefix : this.#prefix + (count / PAIRS).toString(36)
    return this.#stem + (count < PAIRS ? LAST_DIGITS[low] : LAST_PAIRS[low])
  }
}

const PAIRS = 36 * 36
const LAST_DIGITS: readonly string[] = Array.from({ length: PAIRS }, (_, count) => count.toString(36))
const LAST_PAIRS: readonly string[] = LAST_DIGITS.map((digits) => digits.padStart(2, '0'))

function part(random: Random): string {
  return Math.floor(random.next() * 4_294_967_296).toString(36).padStart(7, '0')
}

function invalid(key: string, wanted: string): SymphonyError {
  const message = `The run's ${key} must be ${wanted}.`
  return new SymphonyError({ code: 'INVALID_ARGUMENT', component: '@symphony/dag', message, details: { key } })
}

function unknownKey(key: string, keys: ReadonlySet<string>): SymphonyError {
  return new SymphonyError({
    code: 'UNKNOWN_KEY',
    component: '@symphony/dag',
    message: `A run is not started with an option "${key}"${suggestion(key, keys) || '.'}`,
    details: { key },
  })
}
