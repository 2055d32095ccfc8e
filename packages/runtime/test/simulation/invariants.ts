import type { InstrumentedCall, Simulation } from '@symphony/conformance/simulator'
import type { DagTracker, Runtime, TaskRow } from '@symphony/interface'
import { CONCURRENCY } from './rich-workflow.ts'
import { RATE } from './small-kernel.ts'

/** The conductor's own side of a context. */
interface Attempt {
  readonly row: TaskRow
  readonly isCurrent: boolean
  /** When it was admitted: what has an effect outside is called when it may be. */
  readonly startedAtMs: number
}

/** What has to hold at every moment, beyond what was acknowledged. */
export class Invariants {
  readonly #few: Attempt[] = []
  readonly #ratedAtMs: number[] = []
  #dag: DagTracker | undefined

  born(dag: DagTracker): void {
    this.#dag = dag
    this.#few.length = 0
    this.#ratedAtMs.length = 0
  }

  /** Recovery leaves nothing half done, and says what cannot go on. */
  opened({ dag }: Runtime, { oracle, world }: Simulation): void {
    const left = world.files.list('/state/artifacts/tmp')
    if (left.length > 0) oracle.violated(`an interrupted put left ${left.join(', ')}`)
    for (const id of dag.runs()) {
      const { state, reason } = dag.getWorkflowState(id)
      if (state !== 'quarantined') continue
      world.tally.count('run-quarantined')
      if (reason === undefined) oracle.violated(`run "${id}" is quarantined without a reason`)
    }
  }

  /** A slot is held once, and nothing is promised beyond what there is. */
  stepped({ pool }: Runtime, { oracle }: Simulation): void {
    for (const model of ['echo', '@inline']) {
      const { slotsUsed, slotsTotal, instances } = pool.inspect(model)
      const isTooMuch = slotsUsed > slotsTotal || instances.some((instance) => instance.state !== 'hot' && instance.state !== 'cooling' && instance.slotsUsed > 0)
      if (isTooMuch) oracle.violated(`model "${model}" has ${slotsUsed} slots in use, of ${slotsTotal}`)
    }
  }

  /** A task begins when its needs are met, and limits hold. */
  called({ context, part, type }: InstrumentedCall, { oracle, world }: Simulation): void {
    const dag = this.#dag
    const attempt = context as unknown as Attempt
    if (dag === undefined || part === 'undo') return
    const spec = dag.taskSpec(attempt.row)
    if (spec !== undefined && (spec.join === undefined || spec.join === 'all')) {
      const kinds = new Map((spec.needs ?? []).map((need) => (typeof need === 'string' ? [need, 'hard'] : [need.task, need.kind ?? 'hard'])))
      for (const { id, state } of dag.needs(attempt.row)) {
        const kind = kinds.get(id)
        const isMet = kind === 'hard' ? state === 'succeeded' : kind === 'soft' ? !['pending', 'ready', 'running', 'waiting'].includes(state) : true
        if (!isMet) oracle.violated(`task "${context.taskId}" of run "${context.runId}" began while its ${kind} need "${id}" was ${state}`)
      }
    }
    if (type.concurrency !== undefined) {
      const running = this.#few.filter(({ isCurrent }) => isCurrent)
      if (running.push(attempt) > CONCURRENCY) oracle.violated(`${running.length} tasks run at once whose key allows ${CONCURRENCY}`)
      this.#few.splice(0, Infinity, ...running)
    }
    // In a step during which the disk stood still, what was admitted after it bears the time from before it.
    const isExact = world.faults['slow-operation'] === 0
    if (isExact && dag.getWorkflowState(context.runId).tenant === RATE.tenant) this.#rated(attempt.startedAtMs, oracle)
  }

  /** Everything has ended: nothing is held, everything has taken its time, what failed was undone. */
  ended({ dag, pool, arbitration, conductor, artifacts }: Runtime, { oracle }: Simulation): void {
    const { running, waiting } = arbitration.metrics()
    const held = { running, waiting, inFlight: conductor.metrics().inFlight, echo: pool.inspect('echo').slotsUsed, inline: pool.inspect('@inline').slotsUsed, waitingForSlots: pool.metrics().waiting }
    if (Object.values(held).some((count) => count !== 0)) oracle.violated(`everything has ended, and yet is held: ${JSON.stringify(held)}`)
    if (dag.nextDueMs() !== undefined) oracle.violated('everything has ended, and yet something is due')
    for (const ref of artifacts.refs()) if (!oracle.isSpoilt(ref) && artifacts.get(ref) === undefined) oracle.violated(`artifact ${ref} is told of and not there`)
    for (const id of dag.runs()) this.#checkRun(id, dag, oracle)
  }

  #checkRun(id: string, dag: Runtime['dag'], oracle: Simulation['oracle']): void {
    const run = dag.getWorkflowState(id)
    const isUndone = run.state === 'failed' || run.state === 'cancelled'
    for (const task of dag.tasks(id)) {
      if (['pending', 'ready', 'running', 'waiting'].includes(task.state)) oracle.violated(`run "${id}" has ended as ${run.state}, its task "${task.id}" is ${task.state}`)
      if (task.state !== 'succeeded') continue
      const type = dag.taskType(dag.columns.taskType[dag.taskRow(id, task.id)] as number)
      if (typeof type.delayMs === 'number' && task.endedAtMs - task.readyAtMs < type.delayMs) oracle.violated(`task "${task.id}" of run "${id}" waited ${task.endedAtMs - task.readyAtMs} of ${type.delayMs} ms`)
      if (isUndone && type.compensate !== undefined && !task.undone) oracle.violated(`run "${id}" ended as ${run.state}, and its task "${task.id}" was not undone`)
    }
  }

  /** A token bucket never lets more through than it holds and gets. */
  #rated(atMs: number, oracle: Simulation['oracle']): void {
    const times = this.#ratedAtMs
    times.push(atMs)
    times.sort((a, b) => a - b)
    for (let from = times.length - 1; from >= 0; from--) {
      const sinceMs = (times.at(-1) as number) - (times[from] as number)
      if (times.length - from > RATE.burst + (sinceMs * RATE.callsPerSecond) / 1000 + 1) return oracle.violated(`${times.length - from} calls of ${RATE.tenant} within ${sinceMs} ms`)
    }
  }
}
