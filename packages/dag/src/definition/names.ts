import type { StandardSchema, TaskSpec, TaskType, Template, WorkflowSpec } from '@symphony/interface'
import { FUNCTION_FIELDS } from './task-types.ts'
import { specOfDefinition } from './definition-problems.ts'
import { SCHEMA_FIELDS } from './schemas.ts'

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
}

const FIELDS: readonly (readonly [field: string, kind: RegistryKind])[] = [
  ...FUNCTION_FIELDS.map((field) => [field, 'functions'] as const),
  ...SCHEMA_FIELDS.map((field) => [field, 'schemas'] as const),
]

/** Every place of a definition that has a function or a schema, in the order they are written. */
export function* namedPlaces(spec: WorkflowSpec): IterableIterator<NamedPlace> {
  if (spec.inputSchema !== undefined) yield { path: 'inputSchema', kind: 'schemas', owner: spec as unknown as NamedPlace['owner'], field: 'inputSchema', name: 'inputSchema' }
  const lists: readonly (readonly [key: string, items: readonly (TaskSpec | TaskType)[] | undefined])[] = [['types', spec.types], ['tasks', spec.tasks]]
  for (const [key, items] of lists) {
    if (!Array.isArray(items)) continue
    for (let place = 0; place < items.length; place++) {
      const owner = items[place] as Record<string, unknown>
      if (typeof owner !== 'object' || owner === null) continue
      for (const [field, kind] of FIELDS) {
        if (owner[field] === undefined) continue
        const title = String(owner[key === 'types' ? 'name' : 'id'])
        yield { path: `${key}[${place}].${field}`, kind, owner, field, name: field === 'run' ? title : `${title}.${field}` }
      }
    }
  }
}

/**
 * Functions and schemas of a definition under the names `toJson` gives them when no registry says otherwise: a task's or type's
 * `run` is called as the task or type, everything else `<task or type>.<field>`. Two that want the same name are numbered.
 */
export function registryOf(definition: WorkflowSpec | Template): Required<DefinitionRegistry> {
  const taken: Record<RegistryKind, Map<string, unknown>> = { functions: new Map(), schemas: new Map() }
  const named: Record<RegistryKind, Map<unknown, string>> = { functions: new Map(), schemas: new Map() }
  for (const { kind, owner, field, name } of namedPlaces(specOfDefinition(definition))) {
    const value = owner[field]
    if (named[kind].has(value)) continue
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
