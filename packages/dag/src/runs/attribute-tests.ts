import { SymphonyError } from '@symphony/interface'
import type { AttributeTest, RunAttributes, RunQuery } from '@symphony/interface'
import { suggestion } from '../definition/nearest.ts'
import type { ManagedState } from './managed-state.ts'

type Value = string | number | boolean
type Wish = readonly [name: string, wanted: Value | AttributeTest]

const RANGES = {
  gt: (value: Value, bound: Value): boolean => value > bound,
  gte: (value: Value, bound: Value): boolean => value >= bound,
  lt: (value: Value, bound: Value): boolean => value < bound,
  lte: (value: Value, bound: Value): boolean => value <= bound,
} as const
const KEYS: ReadonlySet<string> = new Set([...Object.keys(RANGES), 'in', 'prefix'])

/** Whether a run has what is asked of its attributes. */
export function passesAll(attributes: RunAttributes | undefined, wishes: readonly Wish[]): boolean {
  if (attributes === undefined) return wishes.length === 0
  return wishes.every(([name, wanted]) => Object.hasOwn(attributes, name) && passes(attributes[name] as Value, wanted))
}

function passes(value: Value, wanted: Value | AttributeTest): boolean {
  if (typeof wanted !== 'object') return value === wanted
  if (wanted.in !== undefined && !wanted.in.includes(value)) return false
  if (wanted.prefix !== undefined && !(typeof value === 'string' && value.startsWith(wanted.prefix))) return false
  for (const [key, holds] of Object.entries(RANGES)) {
    const bound = wanted[key as keyof typeof RANGES]
    if (bound !== undefined && !(typeof value === typeof bound && holds(value, bound))) return false
  }
  return true
}

/** The fewest runs among which those are that pass: looked up by the values that are named, else all that have attributes. */
export function runsThatMayPass(managed: ManagedState, wishes: readonly Wish[]): Iterable<number> {
  let fewest: Iterable<number> = managed.attributes.keys()
  let count = managed.attributes.size
  for (const [name, wanted] of wishes) {
    const values = typeof wanted !== 'object' ? [wanted] : wanted.in
    if (values === undefined) continue
    const sets = [...new Set(values)].map((value) => managed.withAttribute(name, value))
    const size = sets.reduce((sum, set) => sum + set.size, 0)
    if (size > count) continue
    count = size
    fewest = sets.flatMap((set) => [...set])
  }
  return fewest
}

/** @throws SymphonyError `INVALID_ARGUMENT`, `UNKNOWN_KEY` */
export function checkWishes(attributes: RunQuery['attributes']): readonly Wish[] {
  const wishes = Object.entries(attributes ?? {})
  for (const [name, wanted] of wishes) {
    if (typeof wanted === 'object' && wanted !== null) checkTest(name, wanted)
    else if (!isValue(wanted)) throw refused('INVALID_ARGUMENT', name, 'must be a text, a number, a boolean or a test')
  }
  return wishes
}

function checkTest(name: string, test: AttributeTest): void {
  const keys = Object.keys(test)
  for (const key of keys) if (!KEYS.has(key)) throw refused('UNKNOWN_KEY', name, `has no test "${key}"${suggestion(key, KEYS)}`)
  if (keys.length === 0) throw refused('INVALID_ARGUMENT', name, `needs a test: ${[...KEYS].join(', ')}`)
  if (test.in !== undefined && !(Array.isArray(test.in) && test.in.every(isValue))) throw refused('INVALID_ARGUMENT', name, 'has an `in` that is no array of texts, numbers and booleans')
  if (test.prefix !== undefined && typeof test.prefix !== 'string') throw refused('INVALID_ARGUMENT', name, 'has a `prefix` that is no text')
  for (const key of Object.keys(RANGES) as (keyof typeof RANGES)[]) {
    const bound = test[key]
    if (bound !== undefined && typeof bound !== 'string' && typeof bound !== 'number') throw refused('INVALID_ARGUMENT', name, `has a bound \`${key}\` that is neither a number nor a text`)
  }
}

function isValue(value: unknown): value is Value {
  return typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number'
}

function refused(code: 'UNKNOWN_KEY' | 'INVALID_ARGUMENT', name: string, problem: string): SymphonyError {
  return new SymphonyError({ code, component: '@symphony/dag', message: `The wish for attribute "${name}" ${problem}.` })
}
