import type { Json } from './brands.ts'
import type { TaskContext, TaskInputs, WorkflowSpec } from './workflow.ts'

/** What the needs of a task have left, with the type of each by its id. */
export interface TypedTaskInputs<Values> extends Omit<TaskInputs, 'get'> {
  /** The output of a need. Undefined is possible where the need is soft or optional: it may have ended without one. */
  get<Id extends keyof Values & string>(id: Id): Values[Id]
}

/** A `TaskContext` whose needs, params and run input have types. It is the same object at run time. */
export interface TypedTaskContext<Values, Params = Json, Input = Json> extends Omit<TaskContext, 'inputs' | 'params' | 'runInput'> {
  readonly inputs: TypedTaskInputs<Values>
  readonly params: Params
  /** The run's input. */
  readonly runInput: Input
}

/**
 * A definition whose run input and result have types, as a builder makes it. Values pass through JSON (or bytes) between tasks:
 * types that JSON does not keep, a `Date` for one, are not what arrives.
 */
export interface TypedWorkflowSpec<Input, Output> extends WorkflowSpec {
  /** Types only; never there at run time. */
  readonly '~types': { readonly input: Input; readonly output: Output }
}

/** A definition as data: nothing is known of its input and result. */
export interface UntypedWorkflowSpec extends WorkflowSpec {
  readonly '~types'?: never
}

/** What a run is started with: the input may be left out where `null` would do. */
export type StartArguments<Input, Options> = null extends Input ? [input?: Input, options?: Options] : [input: Input, options?: Options]
