import type { InstrumentedCall, Simulation } from '@symphony/conformance/simulator'
import { isSymphonyError, TASK_STATES } from '@symphony/interface'
import type { DagTracker, Runtime } from '@symphony/interface'
import { Soon } from './soon.ts'

const MODELS = ['echo', '@inline'] as const

/**
 * What has to happen soon: what is due by the wall's clock begins, whoever has set it; and slots come back from attempts that were cancelled,
 * took too long, or lost their model or the backend under them. A process that has something to do is waited for, and so is one whose disk
 * has refused.
 */
export class Promptness {
  #dag: DagTracker | undefined
  readonly #due = new Soon()
  readonly #slots = new Soon()

  born(dag: DagTracker): void {
    this.#dag = dag
    this.#due.born()
    this.#slots.born()
  }

  stepped(runtime: Runtime, simulation: Simulation): void {
    const { life } = simulation
    if (life.disk.refused > 0 || life.isClosing) return
    const lateMs = life.clock.nowMs() - (runtime.dag.nextDueMs() ?? Infinity)
    this.#due.look(lateMs > 0, simulation, () => `something has been due by the clock for ${lateMs} ms, and nothing happens`)
    let used = 0
    for (const model of MODELS) used += runtime.pool.inspect(model).slotsUsed
    const running = used === 0 ? 0 : this.#running()
    this.#slots.look(used > running, simulation, () => `${used} slots are in use, and ${running} tasks run`)
  }

  /** A time limit is about how long it takes, not about what the wall shows. */
  called({ context, type }: InstrumentedCall, { life, oracle }: Simulation): void {
    const { timeoutMs } = type
    if (timeoutMs === undefined) return
    const { startedAtMs } = context as unknown as { readonly startedAtMs: number }
    const { signal, taskId, runId } = context
    signal.addEventListener('abort', () => {
      const tookMs = life.clock.monotonicMs() - startedAtMs
      if (isSymphonyError(signal.reason, 'TIMEOUT') && tookMs < timeoutMs - 1) oracle.violated(`task "${taskId}" of run "${runId}" was given up after ${tookMs} of ${timeoutMs} ms`)
    })
  }

  #running(): number {
    const { taskState } = (this.#dag as DagTracker).columns
    let running = 0
    for (let task = 0; task < taskState.length; task++) if (taskState[task] === TASK_STATES.RUNNING) running++
    return running
  }
}
