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
  /** Of the last id, or the next one. */
  #codes: number[] = []
  #count = 0

  constructor(random: Random) {
    this.#prefix = `run-${part(random)}${part(random)}-`
  }

  /** Made of its characters at once: texts put together from two pieces stay pieces, and every table that has them as keys pays for that. */
  next(): string {
    const count = this.#count++
    const low = count % PAIRS
    if (low === 0 || count === BASE) this.#codes = Array.from(this.#prefix + count.toString(BASE), (digit) => digit.charCodeAt(0))
    const codes = this.#codes
    codes[codes.length - 1] = DIGITS[low % BASE] as number
    if (count > BASE) codes[codes.length - 2] = DIGITS[Math.floor(low / BASE)] as number
    return String.fromCharCode(...codes)
  }
}

const BASE = 36
const PAIRS = BASE * BASE
const DIGITS: readonly number[] = Array.from({ length: BASE }, (_, digit) => digit.toString(BASE).charCodeAt(0))

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
