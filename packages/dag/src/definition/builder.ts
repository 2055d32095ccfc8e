import type { Json, StandardSchema, TaskSpec, TaskType, TypedWorkflowSpec, WorkflowSpec } from '@symphony/interface'
import type { BuilderTask, BuilderType, Entry, Known, Needed, NeedOf, NoTasks, OutputOf, ResultOf, Untold, With } from './builder-types.ts'

/** One call of the builder; a definition is the way back from the last to the first. */
interface Step {
  readonly before: Step | undefined
  readonly task?: TaskSpec
  readonly type?: TaskType
  readonly frame?: Partial<WorkflowSpec>
}

/**
 * Builds a definition step by step. What a task returns is the type of what those find that need it; the compiler refuses needs,
 * types and inputs that were not named before. Every step gives a new builder, so a common beginning can be shared.
 */
export class WorkflowBuilder<Input, Given = Input, Tasks extends Known = NoTasks, Types = unknown, OutputId extends string = never> {
  readonly #last: Step

  constructor(last: Step) {
    this.#last = last
  }

  /**
   * Says what the run's input is, for the tasks that come after: by its type alone, or by a Standard Schema, which every run's
   * input is then checked with.
   */
  input<Value>(): WorkflowBuilder<Value, Value, Tasks, Types, OutputId>
  input<Value, Parsed>(schema: StandardSchema<Value, Parsed>): WorkflowBuilder<Parsed, Value, Tasks, Types, OutputId>
  input(schema?: StandardSchema): WorkflowBuilder<unknown, unknown, Tasks, Types, OutputId> {
    return new WorkflowBuilder(schema === undefined ? this.#last : { before: this.#last, frame: { inputSchema: schema } })
  }

  /** Names a way to run tasks. */
  type<const Name extends string, Told = Untold>(
    name: Name,
    type: BuilderType<Input, Told>,
  ): WorkflowBuilder<Input, Given, Tasks, Types & { readonly [Key in Name]: OutputOf<Told, never, unknown> }, OutputId> {
    return new WorkflowBuilder({ before: this.#last, type: { ...type, name } as unknown as TaskType })
  }

  /** Adds a task. Its needs are tasks that were added before. */
  task<
    const Id extends string,
    const Needs extends readonly NeedOf<Tasks['ids']>[] = [],
    // Never inferred: as a default it is worked out once a task instead of wherever the task's functions mention it.
    Values extends readonly Entry<string, unknown>[] = Needed<Tasks, Needs>,
    Params extends Json = Json,
    const Name extends keyof Types & string = never,
    Told = Untold,
  >(
    id: Id,
    task: BuilderTask<Input, Types, Needs, Values, Params, Name, Told>,
  ): WorkflowBuilder<Input, Given, With<Tasks, Id, OutputOf<Told, Name, Types>>, Types, OutputId> {
    return new WorkflowBuilder({ before: this.#last, task: { ...task, id } as unknown as TaskSpec })
  }

  /** Names the task whose output is the run's result. Without it, the result has the outputs of all tasks nothing depends on. */
  output<const Id extends Tasks['ids']>(id: Id): WorkflowBuilder<Input, Given, Tasks, Types, Id> {
    return new WorkflowBuilder({ before: this.#last, frame: { output: id } })
  }

  /** The definition, to be handed to a tracker or a conductor, which check it. */
  build(): TypedWorkflowSpec<Given, ResultOf<Tasks, OutputId>> {
    const tasks: TaskSpec[] = []
    const types: TaskType[] = []
    let frame: Partial<WorkflowSpec> = {}
    for (let step: Step | undefined = this.#last; step !== undefined; step = step.before) {
      if (step.task !== undefined) tasks.push(step.task)
      if (step.type !== undefined) types.push(step.type)
      if (step.frame !== undefined) frame = { ...step.frame, ...frame }
    }
    const named = types.length === 0 ? {} : { types: types.reverse() }
    return Object.freeze({ ...frame, ...named, tasks: tasks.reverse() }) as unknown as TypedWorkflowSpec<Given, ResultOf<Tasks, OutputId>>
  }
}

/**
 * Begins a workflow.
 * @typeParam Input what the run's input is; or say it with `.input(...)`
 * @param version default `1`
 * @example
 * const ocr = defineWorkflow<{ file: string }>('ocr')
 *   .task('scan', { run: ({ runInput }) => [`${runInput.file}-1.png`, `${runInput.file}-2.png`] })
 *   .task('read', { needs: ['scan'], run: ({ inputs }) => inputs.get('scan').length })
 *   .output('read')
 *   .build()
 */
export function defineWorkflow<Input = Json>(name: string, version?: string): WorkflowBuilder<Input> {
  return new WorkflowBuilder({ before: undefined, frame: { name, ...(version === undefined ? undefined : { version }) } })
}
