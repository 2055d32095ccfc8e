import { RUN_STATES, SymphonyError, TASK_STATES } from '@symphony/interface'
import type { RunRow, TaskContext, TaskRow, TaskType } from '@symphony/interface'
import type { ConductorPorts } from './conductor-ports.ts'

/** Those who may run at once under one key, and those who wait for one of them to end, first come first. */
interface Gate {
  readonly key: string
  readonly max: number
  running: number
  /** Tasks with the run each belongs to: a row whose run is another one by now has gone. */
  readonly waiting: { readonly task: TaskRow; readonly run: RunRow }[]
}

/**
 * Holds tasks back whose type says how many of a kind may run at once: over all runs, or by a key that each task computes. A task
 * that waits at its gate stands in no line and holds nothing. Gates are not written down: after a restart nothing runs.
 */
export class ConcurrencyGates {
  readonly #dag: Pick<ConductorPorts['dag'], 'columns' | 'returnReady'>
  readonly #gates = new Map<string, Gate>()
  /** Gates of tasks that were let through. */
  readonly #passed = new Map<TaskRow, Gate>()

  constructor(dag: Pick<ConductorPorts['dag'], 'columns' | 'returnReady'>) {
    this.#dag = dag
  }

  /**
   * Whether a READY task may go on now; if not, `ended` hands it back when it may.
   * @throws SymphonyError `INVALID_ARGUMENT` when its key is no text
   */
  pass(task: TaskRow, workflow: string, type: TaskType, context: TaskContext): boolean {
    // Let through before, and sent back since: by a pause, or because a line was full.
    if (this.#passed.has(task)) return true
    const { concurrency } = type
    if (concurrency === undefined) return true
    const key = typeof concurrency.key === 'function' ? concurrency.key(context) : (concurrency.key ?? `${workflow}/${type.name}`)
    if (typeof key !== 'string') {
      throw new SymphonyError({ code: 'INVALID_ARGUMENT', component: 'conductor', message: `The concurrency key of "${context.taskId}" is ${typeof key}, not a text. Its function has to return a string, at once.`, retryable: false })
    }
    const gate = this.#gateOf(key, concurrency.max)
    if (gate.running < gate.max) {
      gate.running++
      this.#passed.set(task, gate)
      return true
    }
    gate.waiting.push({ task, run: this.#dag.columns.taskRun[task] as RunRow })
    return false
  }

  /** A task that was let through has ended its attempt: the next of its gate goes back among the READY. */
  ended(task: TaskRow): void {
    if (this.#passed.size === 0) return
    const gate = this.#passed.get(task)
    if (gate === undefined) return
    this.#passed.delete(task)
    gate.running--
    this.#letIn(gate)
    if (gate.running === 0 && gate.waiting.length === 0) this.#gates.delete(gate.key)
  }

  /** What a run that ended had let through without ever beginning it, or had waiting. */
  runEnded(run: RunRow): void {
    if (this.#gates.size === 0) return
    const { taskRun, taskState } = this.#dag.columns
    for (const task of [...this.#passed.keys()]) if (taskRun[task] === run && taskState[task] !== TASK_STATES.RUNNING) this.ended(task)
  }

  /** The tracker was restored: whoever waited is READY again, and comes anew. */
  restored(): void {
    for (const gate of this.#gates.values()) gate.waiting.length = 0
  }

  #letIn(gate: Gate): void {
    const { taskRun, taskState, runState } = this.#dag.columns
    while (gate.running < gate.max) {
      const next = gate.waiting.shift()
      if (next === undefined) return
      if (taskRun[next.task] !== next.run || taskState[next.task] !== TASK_STATES.READY) continue
      // Of a paused run it comes to the gate anew when the run goes on.
      if (runState[next.run] === RUN_STATES.RUNNING) {
        gate.running++
        this.#passed.set(next.task, gate)
      }
      this.#dag.returnReady(next.task)
    }
  }

  #gateOf(key: string, max: number): Gate {
    const known = this.#gates.get(key)
    if (known !== undefined) return known
    const gate: Gate = { key, max, running: 0, waiting: [] }
    this.#gates.set(key, gate)
    return gate
  }
}
