import type { Json, Need, TaskSpec, TaskType, WorkflowSpec } from '@symphony/interface'

/** What a task may say in the builder: as in a `TaskSpec`, with needs and types checked by name. */
interface BuilderTask<Ids extends string, Types extends string> extends Omit<TaskSpec, 'id' | 'type' | 'needs'> {
  readonly type?: Types
  readonly needs?: readonly (Ids | (Omit<Need, 'task'> & { readonly task: Ids }))[]
  readonly params?: Json
}

/**
 * Builds a definition step by step; the compiler refuses needs and types that were not named before. Every step gives a new
 * builder, so a common beginning can be shared.
 */
export class WorkflowBuilder<Ids extends string = never, Types extends string = never> {
  readonly #spec: WorkflowSpec

  constructor(spec: WorkflowSpec) {
    this.#spec = spec
  }

  /** Names a way to run tasks. */
  type<const Name extends string>(name: Name, type: Omit<TaskType, 'name'>): WorkflowBuilder<Ids, Types | Name> {
    return new WorkflowBuilder({ ...this.#spec, types: [...(this.#spec.types ?? []), { ...type, name }] })
  }

  task<const Id extends string>(id: Id, task: BuilderTask<Ids, Types>): WorkflowBuilder<Ids | Id, Types> {
    return new WorkflowBuilder({ ...this.#spec, tasks: [...this.#spec.tasks, { ...task, id } as TaskSpec] })
  }

  /** Names the task whose output is the run's result. */
  output(id: Ids): WorkflowBuilder<Ids, Types> {
    return new WorkflowBuilder({ ...this.#spec, output: id })
  }

  /** The definition, to be handed to `defineWorkflow` or `startWorkflow`. It is checked there. */
  build(): WorkflowSpec {
    return Object.freeze(this.#spec)
  }
}

/**
 * Begins a workflow.
 * @param version default `1`
 * @example
 * const ocr = workflow('ocr')
 *   .type('page', { model: 'tesseract', retry: { attempts: 3 } })
 *   .task('scan', { run: () => ['a.png'] })
 *   .task('read', { type: 'page', needs: ['scan'] })
 *   .build()
 */
export function workflow(name: string, version?: string): WorkflowBuilder {
  return new WorkflowBuilder({ name, tasks: [], ...(version === undefined ? undefined : { version }) })
}
