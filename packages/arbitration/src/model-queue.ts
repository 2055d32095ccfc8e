import type { FlowColumns } from './columns.ts'
import { KeyedHeap } from './keyed-heap.ts'

/** Weight of the newest duration in the estimate of a model's next one. */
const NEWEST = 0.1

/** All that waits for one model in one priority: its flows, least served first. */
export class PriorityGroup {
  readonly priority: number
  /** Flows by virtual time, then by the ticket of their head. */
  readonly heap: KeyedHeap
  /** Every flow the group ever had. */
  readonly flows: number[] = []
  /** Flow of a tenant's row, plus one. */
  #flowOf: Int32Array = new Int32Array(16)
  waiting = 0
  /** Start tag of the request admitted last: where a flow begins that comes back. */
  virtualTime = 0
  /** The earliest time at which a parked flow may go on by itself. */
  wakeAtMs: number = Infinity

  constructor(priority: number, columns: FlowColumns) {
    this.priority = priority
    this.heap = new KeyedHeap(columns.place)
  }

  /** The tenant's flow, or -1. */
  flowOf(tenant: number): number {
    return tenant < this.#flowOf.length ? (this.#flowOf[tenant] as number) - 1 : -1
  }

  add(tenant: number, flow: number): void {
    if (tenant >= this.#flowOf.length) {
      const grown = new Int32Array(Math.max(tenant + 1, this.#flowOf.length * 2))
      grown.set(this.#flowOf)
      this.#flowOf = grown
    }
    this.#flowOf[tenant] = flow + 1
    this.flows.push(flow)
  }
}

/** What waits for one model, and what is known about it. */
export class ModelQueue {
  readonly model: number
  /** Highest priority first. */
  readonly groups: PriorityGroup[] = []
  waiting = 0
  /** How long a call takes, from those that ended; 0 while none has. */
  estimateMs = 0
  /** Time between admissions while something waits, from those that were; 0 while unknown. */
  intervalMs = 0
  admittedAtMs = -1
  /** Nothing is admitted before this time. */
  restsUntilMs = 0
  failuresInRow = 0
  restsInRow = 0
  /** Nothing fitted when the engine had changed so many times; nothing will before `missUntilMs`, unless it changes. */
  missedAtChange = -1
  missUntilMs = 0

  constructor(model: number) {
    this.model = model
  }

  /** One that takes its place, in which nothing waits: what is known about the model goes on to be known. */
  successor(): ModelQueue {
    const next = new ModelQueue(this.model)
    next.estimateMs = this.estimateMs
    next.intervalMs = this.intervalMs
    next.restsUntilMs = this.restsUntilMs
    next.failuresInRow = this.failuresInRow
    next.restsInRow = this.restsInRow
    return next
  }

  /** The group of a priority, a new one if need be. */
  groupOf(priority: number, columns: FlowColumns): PriorityGroup {
    let at = 0
    for (; at < this.groups.length; at++) {
      const group = this.groups[at] as PriorityGroup
      if (group.priority === priority) return group
      if (group.priority < priority) break
    }
    const group = new PriorityGroup(priority, columns)
    this.groups.splice(at, 0, group)
    return group
  }

  learnDuration(durationMs: number): void {
    this.estimateMs = this.estimateMs === 0 ? durationMs : this.estimateMs + NEWEST * (durationMs - this.estimateMs)
  }

  learnAdmission(nowMs: number): void {
    if (this.admittedAtMs >= 0) {
      const intervalMs = nowMs - this.admittedAtMs
      this.intervalMs = this.intervalMs === 0 ? intervalMs : this.intervalMs + NEWEST * (intervalMs - this.intervalMs)
    }
    // With nothing left waiting the next interval would measure demand, not how fast the line moves.
    this.admittedAtMs = this.waiting > 0 ? nowMs : -1
  }
}
