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
}

/** Plans by the dag's dense type numbers, made on first sight. */
export class TaskPlans {
  readonly #plans: (TaskPlan | undefined)[] = []
  readonly #ports: Pick<ConductorPorts, 'dag' | 'pool'>

  constructor(ports: Pick<ConductorPorts, 'dag' | 'pool'>) {
    this.#ports = ports
  }

  of(typeNumber: number): TaskPlan {
    return (this.#plans[typeNumber] ??= this.#make(typeNumber))
  }

  /**
   * Every model a workflow names has to exist before a run starts, not when the first task gets there.
   * @throws SymphonyError `WORKFLOW_INVALID` naming all models that are missing
   */
  checkModels(template: Template): void {
    const types = [...template.spec.tasks, ...(template.spec.types ?? [])]
    const missing = [...new Set(types.map((type) => type.model).filter((model) => model !== undefined && !this.#isRegistered(model)))] as string[]
    if (missing.length === 0) return
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

  #make(typeNumber: number): TaskPlan {
    const type = this.#ports.dag.taskType(typeNumber)
    const model = type.model ?? INLINE_MODEL
    return {
      type,
      model: this.#ports.pool.modelNumber(model),
      modelVersion: type.model === undefined ? '' : this.#ports.pool.inspect(model).version,
      isInline: type.model === undefined,
      isCached: type.cache === undefined ? type.model !== undefined && type.effect !== 'outside' : type.cache !== false,
      isOutside: type.effect === 'outside',
    }
  }
}
