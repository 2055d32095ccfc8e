import { SymphonyError } from '@symphony/interface'
import type { Json } from '@symphony/interface'
import { COMPONENT } from './failures.ts'

/** Deeper values are refused: most readers of JSON would run out of stack on them. */
const DEPTH_MAX = 1_000

/**
 * A value as JSON that is the same for equal values: keys sorted by UTF-16 units, no white space, numbers and strings as
 * `JSON.stringify` writes them. Source: RFC 8785 (JSON Canonicalization Scheme). Properties that are undefined are left out, as
 * JSON does; `toJSON` is honoured.
 *
 * @throws SymphonyError `INVALID_ARGUMENT` with the path, for what JSON cannot carry: NaN, infinities, big integers, functions,
 * symbols, undefined elsewhere, objects with a class, circles
 */
export function canonicalJson(value: Json): string {
  return serialize(value, [], [])
}

type Path = (string | number)[]

function serialize(given: unknown, path: Path, ancestors: object[]): string {
  const value = isConvertible(given) ? given.toJSON(String(path.at(-1) ?? '')) : given
  if (typeof value === 'string') return JSON.stringify(value)
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw refused(path, `is ${value}`)
    return JSON.stringify(value)
  }
  if (typeof value !== 'object') throw refused(path, value === undefined ? 'is undefined' : `is a ${typeof value}`)
  if (ancestors.includes(value)) throw refused(path, 'leads back to an object it is part of')
  if (ancestors.length >= DEPTH_MAX) throw refused(path, `is more than ${DEPTH_MAX} levels deep`)
  ancestors.push(value)
  const text = Array.isArray(value) ? serializeList(value, path, ancestors) : serializeObject(value as Record<string, unknown>, path, ancestors)
  ancestors.pop()
  return text
}

function isConvertible(value: unknown): value is { toJSON(key: string): unknown } {
  return typeof value === 'object' && value !== null && typeof (value as { toJSON?: unknown }).toJSON === 'function'
}

function serializeList(list: readonly unknown[], path: Path, ancestors: object[]): string {
  let text = '['
  for (let at = 0; at < list.length; at++) {
    path.push(at)
    text += at === 0 ? serialize(list[at], path, ancestors) : `,${serialize(list[at], path, ancestors)}`
    path.pop()
  }
  return `${text}]`
}

function serializeObject(object: Readonly<Record<string, unknown>>, path: Path, ancestors: object[]): string {
  const prototype: unknown = Object.getPrototypeOf(object)
  // Objects of another realm have a prototype of their own without one above it.
  const isPlain = prototype === null || Object.getPrototypeOf(prototype) === null
  if (!isPlain) throw refused(path, `is a ${object.constructor?.name ?? 'object with a class'}`)
  let text = '{'
  for (const key of Object.keys(object).sort()) {
    const value = object[key]
    if (value === undefined) continue
    path.push(key)
    text += `${text.length === 1 ? '' : ','}${JSON.stringify(key)}:${serialize(value, path, ancestors)}`
    path.pop()
  }
  return `${text}}`
}

function refused(path: Path, what: string): SymphonyError {
  const shown = path.slice(0, 20).map((step) => (typeof step === 'string' && /^[A-Za-z_$][\w$]*$/.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`))
  const at = `$${shown.join('')}${path.length > shown.length ? '...' : ''}`
  return new SymphonyError({
    code: 'INVALID_ARGUMENT',
    component: COMPONENT,
    message: `The value at ${at} ${what}, which JSON cannot carry. Store plain values, or bytes with put().`,
    details: { path: at },
  })
}
