import { SymphonyError } from '@symphony/interface'
import type { ModelNumber, TaskType, Template } from '@symphony/interface'
import type { ConductorPorts } from './conductor-ports.ts'
import { INLINE_MODEL } from './limits.ts'

/** A task type with everything looked up that a step of the loop needs. */
export interface TaskPlan {
  readonly type: TaskType
  readonly model: ModelNumber
  readonly modelVersion: string
  readonly isInline: boolean
  readonly isCached: boolean
  readonly isOutside: boolean
  /** Runs in this thread, holds no money and no memory, is not remembered: may be admitted in a batch. */
  readonly isPlain: boolean
  /** The other way of a task all of whose attempts at the first have failed. */
  readonly isFallback: boolean
  /** Lets time pass and runs nothing. */
  readonly isTimer: boolean
  /** Is a run of another workflow. */
  readonly isChild: boolean
  /** Calls that were timed, and calls until the next is; see `BlockWatch`. */
  callsTimed: number
  callsUntilTimed: number
}

/** Plans by the dag's dense type numbers, made on first sight. */
export class TaskPlans {
  readonly #plans: (TaskPlan | undefined)[] = []
  readonly #fallbacks: (TaskPlan | undefined)[] = []
  readonly #ports: Pick<ConductorPorts, 'dag' | 'pool'>
  readonly #checked = new WeakSet<Template>()
  /** What was checked last: most starts are of what was started before. */
  #lastChecked: Template | undefined

  constructor(ports: Pick<ConductorPorts, 'dag' | 'pool'>) {
    this.#ports = ports
  }

  of(typeNumber: number): TaskPlan {
    return (this.#plans[typeNumber] ??= this.#make(this.#ports.dag.taskType(typeNumber), false))
  }

  /** The other way of a type that has one. What it leaves is not remembered: the first way may work the next time. */
  fallbackOf(typeNumber: number): TaskPlan {
    const known = this.#fallbacks[typeNumber]
    if (known !== undefined) return known
    const { run: _run, model: _model, input: _input, output: _output, fallback, ...shared } = this.#ports.dag.taskType(typeNumber)
    return (this.#fallbacks[typeNumber] = this.#make({ ...shared, ...fallback, cache: false }, true))
  }

  /**
   * Every model a workflow names has to exist before a run starts, not when the first task gets there.
   * @throws SymphonyError `WORKFLOW_INVALID` naming all models that are missing
   */
  checkModels(template: Template): void {
    // A model that was registered stays registered.
    if (this.#lastChecked === template || this.#checked.has(template)) {
      this.#lastChecked = template
      return
    }
    const types = [...template.spec.tasks, ...(template.spec.types ?? [])]
    const missing = [...new Set(types.flatMap((type) => [type.model, type.fallback?.model]).filter((model) => model !== undefined && !this.#isRegistered(model)))] as string[]
    const unknown = [...new Set(types.map((type) => type.workflow).filter((name) => name !== undefined && this.#ports.dag.template(name) === undefined))]
    if (unknown.length > 0) {
      throw new SymphonyError({
        code: 'WORKFLOW_INVALID',
        component: 'conductor',
        message: `Workflow "${template.name}" has tasks that are runs of workflows nobody has defined: ${unknown.join(', ')}. Call defineWorkflow for them first.`,
        details: { problems: unknown.map((name) => `unknown workflow "${name}"`) },
      })
    }
    if (missing.length === 0) {
      this.#checked.add(template)
      return
    }
    throw new SymphonyError({
      code: 'WORKFLOW_INVALID',
      component: 'conductor',
      message: `Workflow "${template.name}" uses models that are not registered: ${missing.join(', ')}. Register them with pool.registerModel first.`,
      details: { problems: missing.map((model) => `unknown model "${model}"`) },
    })
  }

  #isRegistered(model: string): boolean {
    try {
      this.#ports.pool.modelNumber(model)
      return true
    } catch {
      return false
    }
  }

  #make(type: TaskType, isFallback: boolean): TaskPlan {
    const model = type.model ?? INLINE_MODEL
    const isInline = type.model === undefined
    const isCached = type.cache === undefined ? !isInline && type.effect !== 'outside' : type.cache !== false
    return {
      type,
      model: this.#ports.pool.modelNumber(model),
      modelVersion: type.model === undefined ? '' : this.#ports.pool.inspect(model).version,
      isInline,
      isCached,
      isOutside: type.effect === 'outside',
      isPlain: isInline && !isCached && (type.costUsd ?? 0) === 0 && (type.memoryBytes ?? 0) === 0,
      isFallback,
      isTimer: type.delayMs !== undefined || type.untilMs !== undefined || type.cron !== undefined,
      isChild: type.workflow !== undefined,
      callsTimed: 0,
      callsUntilTimed: 0,
    }
  }
}
