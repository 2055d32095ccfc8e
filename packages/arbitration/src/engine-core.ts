import { EVENTS } from '@symphony/interface'
import type { AdmissionRequest, Clock, EventSink, CommandLog, ModelNumber, SymphonyError, Ticket } from '@symphony/interface'
import { nullEvents, nullLog, systemClock } from '@symphony/ports'
import type { ChangeGuard } from '@symphony/shared-memory'
import { Backend } from './backend.ts'
import type { RequestFields } from './backend.ts'
import { MODEL_MAX } from './batches.ts'
import { checkNeeds } from './checks.ts'
import { CommandWriter } from './commands.ts'
import { EngineSettings } from './engine-settings.ts'
import { EngineSupervision } from './engine-supervision.ts'
import { Explanations } from './explanations.ts'
import type { WaitingFacts } from './explanations.ts'
import { checkNumber, full, invalid } from './init.ts'
import type { ArbitrationPorts, CheckedInit } from './init.ts'
import { REQUEST, REQUEST_WORD, REQUEST_WORDS } from './layout.ts'
import type { ModelQueue } from './model-queue.ts'
import { refusedError } from './never-fits.ts'
import type { Obstacle } from './never-fits.ts'
import { positionOf } from './queue-position.ts'
import { waitingRationale } from './rationale.ts'
import { Settlements } from './settlements.ts'
import { EVERYONE_NAME } from './tenant-directory.ts'

/** What an engine is made of, and how it reaches into it: whatever its inside throws is a failure, after which another inside takes its place. */
export class EngineCore {
  readonly init: CheckedInit
  readonly log: CommandLog
  readonly events: EventSink
  readonly commands: CommandWriter = new CommandWriter()
  readonly settings: EngineSettings
  readonly supervision: EngineSupervision
  readonly guard: ChangeGuard
  readonly counts = { submitted: 0, admitted: 0, refused: 0, withdrawn: 0 }
  readonly #clock: Clock
  backend: Backend
  explanations: Explanations
  settlements: Settlements

  constructor(init: CheckedInit, ports: ArbitrationPorts) {
    this.init = init
    this.log = ports.log ?? nullLog()
    this.events = ports.events ?? nullEvents
    this.#clock = ports.clock ?? systemClock
    this.backend = new Backend(init, this.#clock)
    this.settings = new EngineSettings(init.memoryBytesMax)
    this.supervision = new EngineSupervision(() => this.backend)
    this.guard = this.supervision.guard
    this.explanations = this.#explanationsOf(this.backend)
    this.settlements = new Settlements(this.backend, this.guard, this.log, this.commands, this.events)
  }

  /** Forgets all but what was set, and what is logged and told again. */
  reset(): void {
    const backend = new Backend(this.init, this.#clock, this.backend)
    const { count, spentInFailure } = this.settlements
    this.settlements = new Settlements(backend, this.guard, this.log, this.commands, this.events)
    this.settlements.count = count
    for (const ticket of spentInFailure) this.settlements.spentInFailure.add(ticket)
    this.explanations = this.#explanationsOf(backend)
    this.backend = backend
    this.settings.restore(backend)
    backend.ledger.applySettings(this.init.budgets, backend.time.wallMs)
    this.guard.clear()
  }

  /** The row of a request's tenant, after a look at everything it asks for. @throws SymphonyError `INVALID_ARGUMENT` */
  tenantRow({ model, tenant, priority = 0, score = 0, costUsd = 0, memoryBytes = 0, tag }: AdmissionRequest): number {
    checkNumber('model', model, 0, MODEL_MAX, true)
    checkNumber('priority', priority, -0x80000000, 0x7fffffff, true)
    if (!Number.isFinite(score)) throw invalid(`"score" has to be a finite number, not ${String(score)}.`)
    if (typeof tag !== 'number') throw invalid(`"tag" has to be a number, not ${typeof tag}.`)
    if (tenant === EVERYONE_NAME) throw invalid('"*" stands for all tenants; a request belongs to one by name.')
    // Most ask for neither.
    if (costUsd !== 0 || memoryBytes !== 0) checkNeeds(costUsd, memoryBytes)
    return this.backend.directory.rowOf(tenant)
  }

  flowOf(model: ModelNumber, tenant: number, priority: number): number {
    let flow: number
    try {
      flow = this.backend.tryFlowOf(model, tenant, priority)
    } catch (error) {
      throw this.failed(error)
    }
    if (flow < 0) throw full('lines of tenant, model and priority', this.init.flowsMax, 'flowsMax')
    return flow
  }

  nextRow(queue: ModelQueue): number {
    try {
      return this.backend.hot.next(this.backend, queue)
    } catch (error) {
      throw this.failed(error)
    }
  }

  /** A batch: whatever it throws is a failure of the inside. Of one that has failed before, nothing is taken. */
  guarded(run: () => number): number {
    if (this.guard.panic !== undefined) return 0
    try {
      return run()
    } catch (error) {
      throw this.failed(error)
    }
  }

  failed(error: unknown): SymphonyError {
    // It may have failed between the two.
    this.events.show?.()
    return this.guard.fail(error)
  }

  refused(fields: RequestFields, obstacle: Obstacle): SymphonyError {
    let ticket: Ticket
    try {
      ticket = this.backend.refuse(fields, obstacle.reason, obstacle.limit, obstacle.budget) as Ticket
    } catch (error) {
      return this.failed(error)
    }
    this.counts.submitted++
    this.counts.refused++
    const { tenant, model } = this.backend.flows
    this.events.publish(EVENTS.REQUEST_REFUSED, ticket, tenant[fields.flow] as number, model[fields.flow] as number)
    return refusedError(ticket, obstacle, this.explanations.explain(ticket).rationale)
  }

  limitsChanged(tenant: number): void {
    if (this.guard.panic !== undefined) return
    this.backend.fair.wakeTenant(tenant)
    this.backend.noteChange()
  }

  waitingRow(ticket: Ticket): number {
    if (this.guard.panic !== undefined) return -1
    const row = this.backend.index.find(ticket)
    return row >= 0 && this.backend.requests[row * REQUEST_WORDS + REQUEST_WORD.STATE] === REQUEST.WAITING ? row : -1
  }

  #explanationsOf({ region, index, ring, directory }: Backend): Explanations {
    return new Explanations(region, index, ring, directory, (row) => this.#factsOf(row))
  }

  queueOf(row: number): ModelQueue {
    return this.backend.queueOf(this.backend.flows.model[this.backend.requests[row * REQUEST_WORDS + REQUEST_WORD.FLOW] as number] as number)
  }

  positionOf(row: number): number {
    return positionOf(this.backend.region, this.backend.fair, this.queueOf(row), row, this.backend.time.read())
  }

  #factsOf(row: number): WaitingFacts {
    const backend = this.backend
    const { waiting } = this.queueOf(row)
    const position = this.positionOf(row)
    const verdict = backend.admission.verdict(backend.fair.headOf(backend.requests[row * REQUEST_WORDS + REQUEST_WORD.FLOW] as number), backend.time)
    return { alternatives: waiting, rationale: waitingRationale(verdict, position, waiting, backend.directory.nameOf(this.backend.tenantOf(row))) }
  }
}
