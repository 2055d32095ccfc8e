import type { TaskContext, TaskFunction, TaskSpec, TaskType, WorkflowSpec } from '@symphony/interface'
import type { TaskCall } from './call-faults.ts'

/** A function of a workflow that is called. */
export interface InstrumentedCall extends TaskCall {
  /** `undo` undoes what the task did. */
  readonly part: 'run' | 'fallback' | 'undo'
}

/** Called in place of a workflow's functions. @param run calls the function itself */
export type Intercept = (call: InstrumentedCall, run: (context: TaskContext) => unknown) => unknown

type Described = Partial<TaskType> & Pick<TaskSpec, 'map'>

/** The same workflow, with every function of its tasks called through `intercept`. Its shape, and so its hash, stays the same. */
export function instrumented(workflow: WorkflowSpec, intercept: Intercept): WorkflowSpec {
  const isBounded = workflow.retriesMax !== undefined
  const types = new Map((workflow.types ?? []).map((type) => [type.name, type]))
  const wrap = <T extends Described>(described: T, whole: Partial<TaskType>): T => {
    const around = (part: InstrumentedCall['part'], run: TaskFunction): TaskFunction => (context) => intercept({ context, type: whole, isBounded, part }, run)
    const { run, fallback, compensate, map } = described
    return {
      ...described,
      ...(run === undefined ? {} : { run: around('run', run) }),
      ...(fallback?.run === undefined ? {} : { fallback: { ...fallback, run: around('fallback', fallback.run) } }),
      ...(compensate === undefined ? {} : {
        compensate: (output: unknown, context: TaskContext) => intercept({ context, type: whole, isBounded, part: 'undo' }, () => compensate(output, context)),
      }),
      ...(map?.run === undefined ? {} : { map: wrap(map, map) }),
    }
  }
  return {
    ...workflow,
    ...(workflow.types === undefined ? {} : { types: workflow.types.map((type) => wrap(type, type)) }),
    tasks: workflow.tasks.map((task) => wrap(task, { ...(task.type === undefined ? {} : types.get(task.type)), ...task })),
  }
}
