import type { AdmissionBatch, DagColumns, FencingToken, ModelNumber, TaskRow, Ticket } from '@symphony/interface'
import type { TaskAttempts } from './attempts.ts'
import type { ConductorPorts } from './conductor-ports.ts'
import type { Execution } from './execution.ts'
import { INLINE_MODEL, READY_BATCH } from './limits.ts'
import { giveBack, isPanic } from './storage-failure.ts'
import type { TaskPlan } from './task-plans.ts'

/**
 * The short way of tasks that run in this thread: as long as there is a slot for each of them and nobody waits, they are admitted,
 * begun and invoked in one go, with one call of each neighbour for all. Nothing is left out: every one is a decision of the
 * arbitration engine, has a lease and an attempt of its own. As soon as something is short, tasks stand in line like all others.
 */
export class InstantAdmission {
  readonly #ports: Pick<ConductorPorts, 'dag' | 'pool' | 'arbitration'>
  readonly #columns: DagColumns
  readonly #planOf: (task: TaskRow) => TaskPlan
  readonly #attempts: TaskAttempts
  readonly #model: ModelNumber
  readonly #tags = new Int32Array(READY_BATCH)
  readonly #tenants = new Int32Array(READY_BATCH)
  readonly #priorities = new Int32Array(READY_BATCH)
  readonly #scores = new Float64Array(READY_BATCH)
  readonly #tickets = new Float64Array(READY_BATCH)
  readonly #tokens = new Float64Array(READY_BATCH)
  readonly #slots = new Int32Array(READY_BATCH)
  readonly #words = new Int32Array(READY_BATCH)
  readonly #order = new Int32Array(READY_BATCH)
  readonly #plans: TaskPlan[] = []
  /** What the engine is handed: one object, filled again and again. */
  readonly #batch: { -readonly [Key in keyof AdmissionBatch]: AdmissionBatch[Key] }
  /** Attempts that are begun and not called yet: calling one may come back here. */
  readonly #begun: (Execution | undefined)[] = new Array<Execution | undefined>(READY_BATCH).fill(undefined)
  /** The engine's tenant numbers by the dag's, + 1. */
  readonly #tenantNumbers: number[] = []
  #count = 0

  constructor(ports: Pick<ConductorPorts, 'dag' | 'pool' | 'arbitration'>, planOf: (task: TaskRow) => TaskPlan, attempts: TaskAttempts) {
    this.#ports = ports
    this.#columns = ports.dag.columns
    this.#planOf = planOf
    this.#attempts = attempts
    this.#model = ports.pool.modelNumber(INLINE_MODEL)
    this.#batch = { model: this.#model, count: 0, tags: this.#tags, tenants: this.#tenants, priorities: this.#priorities, scores: this.#scores, tickets: this.#tickets }
  }

  /** Tasks that were added and are not begun yet. */
  get count(): number {
    return this.#count
  }

  add(task: TaskRow, score: number, plan: TaskPlan): void {
    this.#tags[this.#count] = task
    this.#plans[this.#count] = plan
    this.#scores[this.#count] = score
    this.#count++
  }

  /**
   * Begins what was added, if all of it can begin now. @param stand is told of each task that has to stand in line
   * @param alternatives tasks that were scored with them
   */
  begin(nowMs: number, alternatives: number, stand: (task: TaskRow, score: number) => void): void {
    const { arbitration } = this.#ports
    const count = this.#count
    this.#count = 0
    let admitted = 0
    // With fewer slots than tasks it matters who goes first, and that is for the engine to say.
    if (arbitration.waiting(this.#model) === 0) {
      const passedOn = this.#attempts.freed.passOn(this.#slots, this.#words, count)
      const slots = passedOn === count ? count : passedOn + this.#take(passedOn, count)
      if (slots === count) {
        this.#sortByScore(count)
        this.#fill(count)
        this.#batch.count = count
        admitted = this.#admit()
      }
      this.#giveBack(admitted, slots)
      if (admitted > 0) this.#beginAll(admitted)
    }
    // Invoking calls foreign code, which may come back here: what stands in line does so before.
    for (let index = admitted; index < count; index++) stand(this.#tags[index] as TaskRow, this.#scores[index] as number)
    for (let index = 0; index < admitted; index++) this.#begun[index] = this.#begin(index, nowMs, alternatives)
    for (let index = 0; index < admitted; index++) {
      const execution = this.#begun[index]
      this.#begun[index] = undefined
      if (execution !== undefined) this.#attempts.start(execution)
    }
  }

  /** Forgets what was added. */
  clear(): void {
    this.#count = 0
  }

  /** With an engine that fails, they are wished for in line, and taken up when it works again. */
  #admit(): number {
    try {
      return this.#ports.arbitration.admitNow(this.#batch)
    } catch (error) {
      if (isPanic(error)) return 0
      throw error
    }
  }

  #beginAll(admitted: number): void {
    try {
      this.#ports.dag.beginTasks(this.#tags, admitted, this.#tokens)
    } catch (error) {
      // None of them is told of, so whatever began of them is nobody's.
      for (let index = 0; index < admitted; index++) this.#cancel(index)
      this.#giveBack(0, admitted)
      throw error
    }
  }

  #cancel(index: number): void {
    giveBack(() => this.#ports.arbitration.settleTicket(this.#tickets[index] as Ticket, 'cancelled', 0))
  }

  #begin(index: number, nowMs: number, alternatives: number): Execution | undefined {
    const task = this.#tags[index] as TaskRow
    const token = this.#tokens[index] as FencingToken
    if (token !== 0) {
      return this.#attempts.beginOnSlot(task, this.#plans[index] as TaskPlan, token, this.#tickets[index] as number, this.#slots[index] as number, this.#words[index] as number, nowMs, alternatives)
    }
    // A listener has ended it meanwhile.
    this.#cancel(index)
    this.#giveBack(index, index + 1)
    return undefined
  }

  #take(from: number, to: number): number {
    const { pool } = this.#ports
    if (from === 0) return pool.tryAllocateSlots(this.#model, this.#slots, this.#words, to)
    return pool.tryAllocateSlots(this.#model, this.#slots.subarray(from, to), this.#words.subarray(from, to), to - from)
  }

  #giveBack(from: number, to: number): void {
    if (from >= to) return
    this.#ports.pool.releaseSlots(this.#model, this.#slots.subarray(from, to), this.#words.subarray(from, to), to - from)
  }

  #fill(count: number): void {
    const { runTenant, runPriority, taskRun } = this.#columns
    for (let index = 0; index < count; index++) {
      const task = this.#tags[index] as number
      const run = taskRun[task] as number
      this.#tenants[index] = this.#tenant(runTenant[run] as number)
      this.#priorities[index] = (runPriority[run] as number) + ((this.#plans[index] as TaskPlan).type.priority ?? 0)
    }
  }

  #tenant(number: number): number {
    const known = this.#tenantNumbers[number]
    if (known !== undefined) return known
    while (this.#tenantNumbers.length < number) this.#tenantNumbers.push(this.#tenant(this.#tenantNumbers.length))
    return (this.#tenantNumbers[number] = this.#ports.arbitration.tenantNumber(this.#ports.dag.tenantName(number)))
  }

  /** Most batches are in order already: a look is cheaper than a sort. */
  #sortByScore(count: number): void {
    const scores = this.#scores
    let isSorted = true
    for (let index = 1; index < count && isSorted; index++) isSorted = (scores[index] as number) <= (scores[index - 1] as number)
    if (isSorted) return
    const order = this.#order.subarray(0, count)
    for (let index = 0; index < count; index++) order[index] = index
    order.sort((a, b) => (scores[b] as number) - (scores[a] as number) || a - b)
    const tags = this.#tags.slice(0, count)
    const sorted = scores.slice(0, count)
    for (let index = 0; index < count; index++) {
      this.#tags[index] = tags[order[index] as number] as number
      scores[index] = sorted[order[index] as number] as number
      this.#plans[index] = this.#planOf(this.#tags[index] as TaskRow)
    }
  }
}
