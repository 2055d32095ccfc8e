import { COMPONENT_IDS, EVENTS } from '@symphony/interface'
import type { CommandLog, EventSink, Grant, Settlement, Ticket } from '@symphony/interface'
import type { ChangeGuard } from '@symphony/shared-memory'
import type { Backend } from './backend.ts'
import { checkDuration, checkEndings } from './batches.ts'
import { COMMAND } from './commands.ts'
import type { CommandWriter } from './commands.ts'
import { endingOf } from './decision-ring.ts'
import { invalid } from './init.ts'
import { REQUEST_WORD, REQUEST_WORDS } from './layout.ts'
import { checkUsd, toNanos, toUsd } from './ledger.ts'

/** Ends grants: one with its cost, or many by their tickets. Spending is logged first, then applied by the function that replay uses. */
export class Settlements {
  /** How many there were. */
  count = 0
  /** Tickets of the call with which the engine failed whose spending is in the log: there is nothing left to settle. */
  readonly spentInFailure: Set<number> = new Set()
  readonly #backend: Backend
  readonly #guard: ChangeGuard
  readonly #log: CommandLog
  readonly #commands: CommandWriter
  readonly #events: EventSink

  constructor(backend: Backend, guard: ChangeGuard, log: CommandLog, commands: CommandWriter, events: EventSink) {
    this.#backend = backend
    this.#guard = guard
    this.#log = log
    this.#commands = commands
    this.#events = events
  }

  settle(grant: Grant, { outcome, costUsd, durationMs }: Settlement): boolean {
    const ending = checkedEnding(outcome)
    if (costUsd !== undefined) checkUsd('costUsd', costUsd)
    if (durationMs !== undefined) checkDuration(durationMs)
    this.#guard.check()
    const row = this.#runningRow(grant.ticket)
    if (row < 0) return false
    const cost = costUsd === undefined ? this.#reserved(row) : toNanos(costUsd)
    // Reading the clock costs as much as the rest. A success that cost nothing and says how long it took has no need of it.
    if (cost > 0 || ending !== 0 || durationMs === undefined) this.#backend.time.read()
    this.#end(row, ending, cost, durationMs)
    return true
  }

  settleTicket(ticket: Ticket, outcome: Settlement['outcome'], durationMs: number): boolean {
    const ending = checkedEnding(outcome)
    checkDuration(durationMs)
    this.#guard.check()
    const row = this.#runningRow(ticket)
    if (row < 0) return false
    const cost = this.#reserved(row)
    if (cost > 0 || ending !== 0) this.#backend.time.read()
    this.#end(row, ending, cost, durationMs)
    return true
  }

  settleNow(tickets: Float64Array, count: number, outcomes: Uint8Array | number, durationsMs: Float64Array | number): number {
    checkEndings(tickets, count, outcomes, durationsMs)
    if (count === 0) return 0
    this.#guard.check()
    this.#backend.time.read()
    const before = this.count
    this.#events.hold?.()
    try {
      for (let at = 0; at < count;) {
        const end = this.#endInstantly(tickets, at, count, outcomes, durationsMs)
        this.count += end - at
        if (end === at) this.#endRow(tickets[at] as number, valueAt(outcomes, at), valueAt(durationsMs, at))
        at = Math.max(end, at + 1)
      }
    } finally {
      this.#events.show?.()
    }
    this.spentInFailure.clear()
    return this.count - before
  }

  #endInstantly(tickets: Float64Array, at: number, count: number, outcomes: Uint8Array | number, durationsMs: Float64Array | number): number {
    try {
      return this.#backend.hot.settleInstantly(this.#backend, this.#events, tickets, at, count, outcomes, durationsMs)
    } catch (error) {
      throw this.#guard.fail(error)
    }
  }

  #endRow(ticket: number, ending: number, durationMs: number): void {
    const row = this.#runningRow(ticket)
    if (row < 0) return
    const cost = this.#reserved(row)
    this.#end(row, ending, cost, durationMs)
    if (cost > 0) this.spentInFailure.add(ticket)
  }

  #runningRow(ticket: number): number {
    try {
      return this.#backend.runningRow(ticket)
    } catch (error) {
      throw this.#guard.fail(error)
    }
  }

  /** Time has been read if it matters. */
  #end(row: number, ending: number, cost: number, durationMs: number | undefined): void {
    const ticket = this.#backend.requests[row * REQUEST_WORDS + REQUEST_WORD.TICKET] as number
    const reserved = this.#reserved(row)
    // What the log refuses has not happened.
    if (cost > 0) this.#append(row, cost)
    this.#apply(row, ticket, ending, cost, durationMs)
    this.count++
    if (reserved + cost === 0) this.#events.publish(EVENTS.GRANT_SETTLED, ticket, 0, 0)
    else this.#events.publish(EVENTS.GRANT_SETTLED, ticket, toUsd(reserved), toUsd(cost))
  }

  #append(row: number, cost: number): void {
    const { directory, time } = this.#backend
    const tenant = this.#backend.tenantOf(row)
    this.#log.append(COMPONENT_IDS.arbitration, COMMAND.SPEND, this.#commands.spend(tenant, directory.nameOf(tenant), cost, time.wallMs))
  }

  #apply(row: number, ticket: number, ending: number, cost: number, durationMs: number | undefined): void {
    const backend = this.#backend
    try {
      if (cost > 0) backend.hot.spend(backend, backend.tenantOf(row), cost, backend.time.wallMs)
      backend.hot.settle(backend, row, ending, cost, durationMs)
    } catch (error) {
      if (cost > 0) this.spentInFailure.add(ticket)
      throw this.#guard.fail(error)
    }
  }

  #reserved(row: number): number {
    return this.#backend.requests[row * REQUEST_WORDS + REQUEST_WORD.COST] as number
  }
}

function valueAt(column: ArrayLike<number> | number, at: number): number {
  return typeof column === 'number' ? column : (column[at] as number)
}

/** @throws SymphonyError `INVALID_ARGUMENT` */
function checkedEnding(outcome: Settlement['outcome']): number {
  const ending = endingOf(outcome)
  if (ending < 0) throw invalid(`A settlement's outcome is succeeded, failed or cancelled, not ${String(outcome)}.`)
  return ending
}
