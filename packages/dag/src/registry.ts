import { SymphonyError } from '@symphony/interface'
import type { Template, WorkflowGraph, WorkflowSpec } from '@symphony/interface'
import { hashOf } from './definition/definition-codec.ts'
import { withMapsWrittenOut } from './definition/map-tasks.ts'
import { isSchema, SCHEMA_FIELDS } from './definition/schemas.ts'
import { fromGraph, isGraph } from './definition/graph.ts'
import type { Binding, DagState } from './state.ts'
import { FUNCTION_FIELDS } from './definition/task-types.ts'
import { bind } from './templates.ts'
import { compileSpec } from './definition/validation.ts'

/**
 * The definitions this process knows. Defining is not durable: the log learns of a definition when the first run uses it, so
 * that a program may define everything it has at every start.
 */
export class Registry {
  readonly #state: DagState
  /** Latest by name, and by name and version. */
  readonly #latest = new Map<string, Binding>()
  readonly #versions = new Map<string, Binding>()
  /** With the number of tasks the definition had: one that has grown is another. */
  readonly #bySpec = new WeakMap<object, { readonly binding: Binding; readonly tasks: number }>()
  readonly #byTemplate = new WeakMap<Template, Binding>()
  /** What was started last: most starts are of what was started before. */
  #last: Binding | undefined

  constructor(state: DagState) {
    this.#state = state
  }

  /** @throws SymphonyError `WORKFLOW_INVALID`, `WORKFLOW_CYCLE`, `ALREADY_EXISTS` */
  define(definition: WorkflowSpec | WorkflowGraph): Binding {
    const known = this.#bySpec.get(definition)
    if (known !== undefined && known.tasks === (definition as WorkflowSpec).tasks?.length) {
      this.#register(known.binding)
      return known.binding
    }
    const spec = withMapsWrittenOut(isGraph(definition) ? fromGraph(definition) : definition)
    const compiled = compileSpec(spec)
    const hash = hashOf(compiled)
    const same = this.#versions.get(versionKey(compiled.name, compiled.version))
    if (same !== undefined && same.template.hash !== hash) {
      throw new SymphonyError({
        code: 'ALREADY_EXISTS',
        component: '@symphony/dag',
        message:
          `Workflow "${compiled.name}" version ${compiled.version} is already defined with another shape. ` +
          'Raise its version: runs keep the one they were started with.',
        details: { workflow: compiled.name, version: compiled.version },
      })
    }
    const binding = same !== undefined && same.template.spec.inputSchema === spec.inputSchema && sameBehaviour(same, compiled.types) ? same : bind(compiled, hash, spec, true)
    // A graph may be changed and handed in again; a spec is promised not to change.
    if (!isGraph(definition)) this.#bySpec.set(definition, { binding, tasks: definition.tasks.length })
    this.#register(binding)
    return binding
  }

  /** @throws SymphonyError `WORKFLOW_UNKNOWN` */
  resolve(workflow: string | Template | WorkflowSpec): Binding {
    if (typeof workflow === 'string') {
      const binding = this.find(workflow)
      if (binding === undefined) {
        throw new SymphonyError({
          code: 'WORKFLOW_UNKNOWN',
          component: '@symphony/dag',
          message: `No workflow "${workflow}" is defined. Call defineWorkflow first; defined are: ${this.#names()}.`,
          details: { workflow },
        })
      }
      return binding
    }
    if (this.#last?.template === workflow) return this.#last
    const known = this.#byTemplate.get(workflow as Template)
    if (known === undefined) return this.define(workflow as WorkflowSpec)
    this.#last = known
    return known
  }

  /** A definition that may not be known yet, compiled, without making it known. @throws as `define` and `resolve` */
  peek(workflow: string | Template | WorkflowSpec): Pick<Binding, 'compiled'> & { readonly hash: string } {
    const known = typeof workflow === 'string' ? this.resolve(workflow) : (this.#byTemplate.get(workflow as Template) ?? this.#bySpec.get(workflow)?.binding)
    if (known !== undefined) return { compiled: known.compiled, hash: known.template.hash }
    const compiled = compileSpec(withMapsWrittenOut(workflow as WorkflowSpec))
    return { compiled, hash: hashOf(compiled) }
  }

  find(name: string, version?: string): Binding | undefined {
    return version === undefined ? this.#latest.get(name) : this.#versions.get(versionKey(name, version))
  }

  #names(): string {
    return [...this.#latest.keys()].slice(0, 20).join(', ') || 'none'
  }

  /** Makes a binding the one new runs get, and the one functions are looked up in after a recovery. */
  #register(binding: Binding): void {
    const { name, version, hash } = binding.template
    const key = versionKey(name, version)
    const former = this.#versions.get(key)
    this.#latest.set(name, binding)
    if (former === binding) return
    this.#versions.set(key, binding)
    this.#byTemplate.set(binding.template, binding)
    this.#state.bindingsByHash.set(hash, binding)
    if (former !== undefined) this.#state.retireBinding(former)
  }
}

/** Whether a definition does the same as a known one of the same shape: the same functions, schemas and knobs. */
function sameBehaviour(known: Binding, types: Binding['types']): boolean {
  return known.types.every((type, place) => {
    const other = types[place]
    if (other === undefined || [...FUNCTION_FIELDS, ...SCHEMA_FIELDS].some((field) => type[field] !== other[field])) return false
    return type === other || JSON.stringify(type, withoutSchemas) === JSON.stringify(other, withoutSchemas)
  })
}

/** Schemas are compared as they are; written out, some lead back to themselves. */
function withoutSchemas(_key: string, value: unknown): unknown {
  return isSchema(value) ? undefined : value
}

function versionKey(name: string, version: string): string {
  return `${name}\u0000${version}`
}
