import type { Json, Template, WorkflowSpec } from '@symphony/interface'
import { suggestion } from './nearest.ts'
import { compileProblems, invalidDefinition, specOfDefinition } from './definition-problems.ts'
import { namedPlaces, registryOf } from './names.ts'
import type { DefinitionRegistry, NamedPlace } from './names.ts'
import { isSchema } from './schemas.ts'

/** A definition as data: functions and schemas are names. */
export interface WorkflowJson {
  readonly [key: string]: Json
}

/** Turns "path: problem" into what an author finds best, a line and a column for one. */
type Locate = (problem: string) => string

/**
 * A definition as plain data. Functions and schemas become their names in `registry`, or without one those of `registryOf`.
 * @throws SymphonyError `WORKFLOW_INVALID` when one is not in the registry, or a value is none that JSON has
 * @example
 * const json = toJson(spec)
 * const again = fromJson(JSON.stringify(json), registryOf(spec))
 */
export function toJson(definition: WorkflowSpec | Template, registry?: DefinitionRegistry): WorkflowJson {
  const spec = specOfDefinition(definition)
  const { functions = {}, schemas = {} } = registry ?? registryOf(spec)
  const names = new Map<unknown, string>()
  for (const [name, value] of [...Object.entries(functions), ...Object.entries(schemas)]) if (!names.has(value)) names.set(value, name)
  const problems: string[] = []
  const encode = (value: unknown, path: string): Json => {
    if (typeof value === 'function' || isSchema(value)) {
      const name = names.get(value)
      if (name === undefined) problems.push(`${path}: ${isSchema(value) ? 'this schema is not among `schemas`' : 'this function is not among `functions`'}`)
      return name ?? null
    }
    if (Array.isArray(value)) return value.map((item, place) => encode(item, `${path}[${place}]`))
    if (isPlain(value)) {
      const entries = Object.entries(value).filter(([, item]) => item !== undefined)
      return Object.fromEntries(entries.map(([key, item]) => [key, encode(item, path === '' ? key : `${path}.${key}`)]))
    }
    if (value === null || typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)) return value as Json
    problems.push(`${path}: JSON has no such value (${typeof value})`)
    return null
  }
  const json = encode(spec, '') as WorkflowJson
  for (const { path, owner, field, mayBeText } of namedPlaces(spec)) {
    const text = owner[field]
    if (mayBeText && typeof text === 'string' && Object.hasOwn(functions, text)) problems.push(`${path}: "${text}" is also the name of a function, and would be read as that; rename one of the two`)
  }
  if (problems.length > 0) throw invalidDefinition('definition', problems)
  return json
}

/**
 * Reads a definition from JSON, as text or parsed. Names are looked up in `registry`, and everything is checked as a tracker
 * would, so that all problems are told at once.
 * @throws SymphonyError `WORKFLOW_INVALID` with all problems by path
 */
export function fromJson(json: string | WorkflowJson, registry: DefinitionRegistry = {}): WorkflowSpec {
  if (typeof json !== 'string') return readDefinitionData(json, registry, 'definition')
  let data: unknown
  try {
    data = JSON.parse(json)
  } catch (error) {
    throw invalidDefinition('JSON text', [`json: ${(error as Error).message}`])
  }
  return readDefinitionData(data, registry, 'JSON text')
}

/** The part reading JSON and reading YAML have in common. */
export function readDefinitionData(data: unknown, registry: DefinitionRegistry, source: string, locate: Locate = (problem) => problem): WorkflowSpec {
  // A copy: names are replaced in place, and the caller's data stays as it was.
  const spec = copy(data) as WorkflowSpec
  const problems = typeof spec === 'object' && spec !== null ? resolveNames(spec, registry) : []
  problems.push(...compileProblems(spec))
  if (problems.length > 0) throw invalidDefinition(source, problems.map(locate))
  return spec
}

/** Puts functions and schemas where their names are; what is missing is replaced so that the rest can be checked too. */
function resolveNames(spec: WorkflowSpec, registry: DefinitionRegistry): string[] {
  const problems: string[] = []
  for (const place of namedPlaces(spec)) {
    const known = registry[place.kind] ?? {}
    const name = place.owner[place.field]
    const found = typeof name === 'string' && Object.hasOwn(known, name) ? known[name] : undefined
    if (found === undefined && place.mayBeText && typeof name === 'string') continue
    if (found === undefined) problems.push(missing(place, name, Object.keys(known)))
    ;(place.owner as Record<string, unknown>)[place.field] = found ?? STANDS_FOR[place.kind]
  }
  return problems
}

const STANDS_FOR: Readonly<Record<NamedPlace['kind'], unknown>> = {
  functions: () => {},
  schemas: { '~standard': { version: 1, vendor: 'none', validate: (value: unknown) => ({ value }) } },
}

function missing({ path, kind }: NamedPlace, name: unknown, known: readonly string[]): string {
  const what = kind === 'functions' ? 'function' : 'schema'
  if (typeof name !== 'string') return `${path}: must be the name of a ${what}`
  return `${path}: no ${what} "${name}" among \`${kind}\`${suggestion(name, known)}`
}

function copy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copy)
  return isPlain(value) ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, copy(item)])) : value
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
