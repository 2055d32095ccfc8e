import { COMPONENT_IDS, SymphonyError } from '@symphony/interface'
import type { Clock, EventSink, Heartbeat, Journal, Logger, Neighbour, Recoverable, RuntimeHealth, Supervised, Turns } from '@symphony/interface'
import { START_ORDER } from './compose.ts'
import type { Components } from './compose.ts'
import { HealthRecord } from './health-record.ts'

/** How often the supervisor looks, and in how many looks it has seen everything: what is broken is found within a second. */
const BEAT_MS = 100
const PARTS = 8
/** Health is asked for as often: once a second. */
const BEATS_PER_LOOK = 10
/** Restorations of one component after which nothing had been logged when it failed again within a second: more of the same will not help. */
const FUTILE_MAX = 10
const FUTILE_WITHIN_MS = 1_000
/** Before a restoration that failed is tried again; each further wait is twice as long. */
const RETRY_MS = 100
const RETRIES_MAX = 4

export interface SupervisorPorts {
  readonly clock: Clock
  readonly turns: Turns
  readonly logger: Logger
  readonly events: EventSink
  /** Undefined without a state folder. */
  readonly journal: Journal | undefined
  /** Opens the log for reading, beside the journal that writes it. */
  readonly readLog: () => Promise<Journal>
}

/** A component that may fail inside, and what is known about its failures. */
interface Ward {
  readonly name: keyof Components
  readonly component: Supervised & Partial<Recoverable>
  /** The write mark at the last beat, if it was odd then. */
  oddMark: number | undefined
  panic: SymphonyError | undefined
  /** Where the log was when it was restored last, and how often it has failed again at the same place, and soon. */
  restoredLsn: number
  restoredAtMs: number
  futile: number
}

/**
 * Finds out that a component has failed inside, keeps the others going, and sets it up anew: from what it has where that is enough, else
 * from the newest checkpoint and the log. A component that has neither stays quarantined, and who waits for it is told.
 */
export class Supervisor {
  readonly #components: Components
  readonly #ports: SupervisorPorts
  readonly #record: HealthRecord
  readonly #wards: readonly Ward[]
  readonly #unsubscribe: readonly (() => void)[]
  #heartbeat: Heartbeat | undefined
  #beats = 0
  #restoring: Promise<void> = Promise.resolve()
  #isStopped = false

  constructor(components: Components, ports: SupervisorPorts) {
    this.#components = components
    this.#ports = ports
    this.#record = new HealthRecord(components, ports.clock, ports.events, ports.logger)
    this.#wards = START_ORDER.flatMap((name) => {
      const component = components[name] as Partial<Supervised>
      if (component.onPanic === undefined) return []
      return [{ name, component: component as Ward['component'], oddMark: undefined, panic: undefined, restoredLsn: -1, restoredAtMs: -Infinity, futile: 0 }]
    })
    this.#unsubscribe = this.#wards.map((ward) => ward.component.onPanic((error) => this.#panicked(ward, error)))
  }

  /** Looks at everything: what is saved now is worth saving. */
  isWell(): boolean {
    return this.#wards.every(({ name, component }) => component.checkInvariants(1) === undefined && this.#components[name].health().status !== 'quarantined')
  }

  start(): void {
    this.#record.look()
    this.#heartbeat = this.#ports.turns.every?.(BEAT_MS, () => this.#beat())
  }

  /** Looks no more, and lets a restoration that is under way come to its end. */
  stop(): Promise<void> {
    this.#isStopped = true
    this.#heartbeat?.stop()
    for (const unsubscribe of this.#unsubscribe) unsubscribe()
    return this.#restoring
  }

  health(): RuntimeHealth {
    return this.#record.look()
  }

  #beat(): void {
    for (const ward of this.#wards) {
      if (ward.panic === undefined) this.#lookAt(ward)
      if (ward.panic === undefined) ward.component.lookAround?.()
    }
    if (++this.#beats % BEATS_PER_LOOK === 0) this.#record.look()
  }

  #lookAt(ward: Ward): void {
    const { component } = ward
    const mark = component.writeMark?.() ?? 0
    // Another thread may be in the middle of a change right now, but not of the same one for so long.
    if ((mark & 1) === 1 && mark === ward.oddMark) return component.quarantine('its region was left in the middle of a change')
    ward.oddMark = (mark & 1) === 1 ? mark : undefined
    if (ward.oddMark === undefined) component.checkInvariants(PARTS)
  }

  /** Called from within the call that failed: nothing is done here but to tell. */
  #panicked(ward: Ward, error: SymphonyError): void {
    if (ward.panic !== undefined) return
    ward.panic = error
    ward.oddMark = undefined
    this.#ports.logger.error('a component failed inside and is being restored', { component: ward.name, error: error.message, stack: causeOf(error)?.stack })
    this.#tell(ward, (neighbour) => neighbour.neighbourPanicked?.(ward.name, error))
    this.#record.panicked(ward.name)
    const lsn = this.#ports.journal?.lastLsn ?? -1
    const isSoon = this.#ports.clock.monotonicMs() - ward.restoredAtMs < FUTILE_WITHIN_MS
    ward.futile = lsn === ward.restoredLsn && isSoon ? ward.futile + 1 : 0
    if (ward.futile > FUTILE_MAX) return this.#lose(ward, `it failed ${ward.futile} times without anything having been done in between`)
    this.#ports.turns.later(() => this.#restoreNext(ward, 0))
  }

  /** One restoration at a time. */
  #restoreNext(ward: Ward, attempt: number): void {
    this.#restoring = this.#restoring.then(() => (this.#isStopped ? undefined : this.#restore(ward, attempt)))
  }

  async #restore(ward: Ward, attempt: number): Promise<void> {
    try {
      const isBack = ward.component.reattach?.() === true || (await this.#rebuild(ward))
      if (!isBack) return this.#lose(ward, 'there is no log it could be rebuilt from. Open the runtime with a folder to have one')
    } catch (error) {
      // It may have been half way: nothing may be done with it.
      ward.component.quarantine(String(error))
      this.#ports.logger.error('a component could not be restored', { component: ward.name, attempt, error: String(error) })
      if (attempt === RETRIES_MAX) return this.#lose(ward, `it could not be rebuilt: ${String(error)}`)
      this.#ports.clock.schedule(RETRY_MS * 2 ** attempt, () => this.#restoreNext(ward, attempt + 1))
      return
    }
    const wasFor = ward.panic
    ward.panic = undefined
    ward.restoredLsn = this.#ports.journal?.lastLsn ?? -1
    ward.restoredAtMs = this.#ports.clock.monotonicMs()
    this.#ports.logger.warn('a component was restored and goes on', { component: ward.name, reason: wasFor?.message })
    this.#record.restored(ward.name)
    this.#tell(ward, (neighbour) => neighbour.neighbourRestored?.(ward.name))
  }

  /** @returns false when there is nothing to rebuild it from */
  async #rebuild({ name, component }: Ward): Promise<boolean> {
    const { journal, readLog } = this.#ports
    if (journal === undefined || component.reset === undefined || component.restore === undefined || component.applyCommand === undefined) return false
    // What it logged before it failed is in the log, whether it was applied or not.
    await journal.flush()
    await using log = await readLog()
    const number = COMPONENT_IDS[name]
    // From here on in one go: nobody sees it half built.
    component.reset()
    for (const section of log.checkpointSections) if (section.component === number) component.restore(section.bytes)
    log.replay((command) => {
      if (command.component === number) component.applyCommand?.(command.type, command.body, command.lsn)
    })
    component.afterRecovery?.()
    return true
  }

  #lose(ward: Ward, why: string): void {
    const error = new SymphonyError({
      code: 'BACKEND_PANIC',
      component: 'runtime',
      message: `"${ward.name}" failed inside and will not come back in this process: ${why}. Close the runtime and open it again.`,
      details: { component: ward.name },
      retryable: false,
      cause: ward.panic,
    })
    this.#ports.logger.error(error.message)
    this.#tell(ward, (neighbour) => neighbour.neighbourLost?.(ward.name, error))
    this.#record.look()
  }

  /** Nobody's failure to listen keeps the others from hearing. */
  #tell(ward: Ward, say: (neighbour: Neighbour) => void): void {
    for (const name of START_ORDER) {
      if (name === ward.name) continue
      try {
        say(this.#components[name] as Neighbour)
      } catch (error) {
        this.#ports.logger.error('a component could not follow what happens to another', { component: name, about: ward.name, error: String(error) })
      }
    }
  }
}

function causeOf(error: SymphonyError): Error | undefined {
  return error.cause instanceof Error ? error.cause : undefined
}
