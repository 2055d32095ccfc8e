import type { StandardSchema, TaskSpec, TaskType, Template, WorkflowSpec } from '@symphony/interface'
import { FUNCTION_FIELDS } from './task-types.ts'
import { specOfDefinition } from './definition-problems.ts'
import { isSchema, SCHEMA_FIELDS } from './schemas.ts'

/** What stays with the program when a definition becomes data: functions and schemas, by the names the data calls them. */
export interface DefinitionRegistry {
  readonly functions?: Readonly<Record<string, NamedFunction>>
  readonly schemas?: Readonly<Record<string, StandardSchema>>
}

/** A function of a task, whatever it takes: the builder checked it, or nobody can. */
export type NamedFunction = (...context: never[]) => unknown

export type RegistryKind = keyof DefinitionRegistry
/** A place of a definition that holds something by name. */
export interface NamedPlace {
  readonly path: string
  readonly kind: RegistryKind
  readonly owner: Readonly<Record<string, unknown>>
  readonly field: string
  /** What it is called if nobody says otherwise: the task or type, and the field unless it is `run`. */
  readonly name: string
  /** A text that is no name is meant as it is. */
  readonly mayBeText: boolean
}

/** Fields that hold a function or a schema themselves. */
const FIELDS: readonly (readonly [field: string, kind: RegistryKind])[] = [
  ...FUNCTION_FIELDS.filter((field) => field !== 'fallback' && field !== 'concurrency').map((field) => [field, 'functions'] as const),
  ...SCHEMA_FIELDS.map((field) => [field, 'schemas'] as const),
]
const TIMES: ReadonlySet<string> = new Set(['delayMs', 'untilMs'])
const FALLBACK_FIELDS = ['run', 'input', 'output'] as const

/** Every place of a definition that has a function or a schema, in the order they are written. */
export function* namedPlaces(spec: WorkflowSpec): IterableIterator<NamedPlace> {
  if (spec.inputSchema !== undefined) yield { path: 'inputSchema', kind: 'schemas', owner: spec as unknown as Owner, field: 'inputSchema', name: 'inputSchema', mayBeText: false }
  const lists: readonly (readonly [key: string, items: readonly (TaskSpec | TaskType)[] | undefined])[] = [['types', spec.types], ['tasks', spec.tasks]]
  for (const [key, items] of lists) {
    if (!Array.isArray(items)) continue
    for (let place = 0; place < items.length; place++) {
      const owner: unknown = items[place]
      if (!isOwner(owner)) continue
      const title = String(owner[key === 'types' ? 'name' : 'id'])
      yield* placesOf(owner, `${key}[${place}]`, title)
      const { map } = owner
      if (key !== 'tasks' || !isOwner(map)) continue
      const at = { path: `${key}[${place}].map.over`, kind: 'functions', owner: map, field: 'over', name: `${title}.map.over`, mayBeText: true } as const
      if (map['over'] !== undefined) yield at
      yield* placesOf(map, `${key}[${place}].map`, `${title}.map`)
    }
  }
}

type Owner = NamedPlace['owner']

function isOwner(value: unknown): value is Owner {
  return typeof value === 'object' && value !== null
}

/** What a type, a task or a map has. */
function* placesOf(owner: Owner, path: string, title: string): IterableIterator<NamedPlace> {
  for (const [field, kind] of FIELDS) {
    // A time may be a number as well.
    if (owner[field] === undefined || (TIMES.has(field) && typeof owner[field] === 'number')) continue
    yield { path: `${path}.${field}`, kind, owner, field, name: field === 'run' ? title : `${title}.${field}`, mayBeText: false }
  }
  const { fallback, concurrency } = owner
  if (isOwner(fallback)) {
    for (const field of FALLBACK_FIELDS) {
      if (fallback[field] === undefined) continue
      yield { path: `${path}.fallback.${field}`, kind: 'functions', owner: fallback, field, name: `${title}.fallback${field === 'run' ? '' : `.${field}`}`, mayBeText: false }
    }
  }
  if (isOwner(concurrency) && concurrency['key'] !== undefined) {
    yield { path: `${path}.concurrency.key`, kind: 'functions', owner: concurrency, field: 'key', name: `${title}.concurrency.key`, mayBeText: true }
  }
}

/**
 * Functions and schemas of a definition under the names `toJson` gives them when no registry says otherwise: a task's or type's
 * `run` is called as the task or type, everything else `<task or type>.<field>`, such as `read.output`, `read.fallback`, `read.fallback.input` or
 * `pages.map`. Two that want the same name are numbered.
 */
export function registryOf(definition: WorkflowSpec | Template): Required<DefinitionRegistry> {
  const taken: Record<RegistryKind, Map<string, unknown>> = { functions: new Map(), schemas: new Map() }
  const named: Record<RegistryKind, Map<unknown, string>> = { functions: new Map(), schemas: new Map() }
  for (const { kind, owner, field, name } of namedPlaces(specOfDefinition(definition))) {
    const value = owner[field]
    if ((typeof value !== 'function' && !isSchema(value)) || named[kind].has(value)) continue
    let free = name
    for (let number = 2; taken[kind].has(free); number++) free = `${name}#${number}`
    taken[kind].set(free, value)
    named[kind].set(value, free)
  }
  return {
    functions: Object.fromEntries(taken.functions) as Record<string, NamedFunction>,
    schemas: Object.fromEntries(taken.schemas) as Record<string, StandardSchema>,
  }
}
