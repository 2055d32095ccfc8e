import type { Clock, Lease, WaitOptions } from '@symphony/interface'
import { AbortWatch } from '@symphony/ports'
import type { Abortable } from '@symphony/ports'
import { Deadlines } from './deadlines.ts'
import type { Due } from './deadlines.ts'
import type { ModelEntry } from './model-entry.ts'
import { checkNumber } from './pool-init.ts'
import { closedError, poolError } from './pool-error.ts'
import { TurnClock } from './turn-clock.ts'
import { inOrder } from './wait-line.ts'

/** One slot that is asked for. */
export interface Want {
  readonly entry: ModelEntry
  readonly priority: number
  /** 0: no limit. */
  readonly leaseMs: number
}

/** Someone who waits: for one slot in a model's line, or for several at once as a gang. */
export class Waiter implements Due, Abortable {
  readonly entry: ModelEntry
  readonly priority: number
  readonly leaseMs: number
  /** All that is wanted together; undefined for a single slot. */
  readonly gang: readonly Want[] | undefined
  readonly sequence: number
  /** For figures: to the resolution of one turn. */
  readonly sinceMs: number
  /** `Infinity` for one who waits as long as it takes. */
  dueAtMs: number = Infinity
  signal: AbortSignal | undefined
  /** Those who wait on the same signal. */
  companions: Set<Abortable> | undefined
  isWaiting: boolean = true
  #resolve: ((granted: never) => void) | undefined
  #reject: ((error: unknown) => void) | undefined
  readonly #room: WaitingRoom

  constructor(room: WaitingRoom, entry: ModelEntry, priority: number, leaseMs: number, gang: readonly Want[] | undefined, sequence: number) {
    this.entry = entry
    this.priority = priority
    this.leaseMs = leaseMs
    this.gang = gang
    this.sequence = sequence
    this.sinceMs = room.turn.monotonicMs()
    this.#room = room
  }

  promise(): Promise<never> {
    return new Promise<never>((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  /** Hands over what was waited for. The waiter has been taken out of the room. */
  serve(granted: Lease | readonly Lease[]): void {
    this.#resolve?.(granted as never)
  }

  fail(error: unknown): void {
    this.#reject?.(error)
  }

  onDue(): void {
    const waitedMs = Math.round(this.dueAtMs - this.sinceMs)
    this.#room.refuse(this, poolError('TIMEOUT', `No slot of ${this.#names()} became free within ${waitedMs} ms. Wait longer, raise instancesMax, or look at inspect() for who holds them.`, { waitedMs }), true)
  }

  onAbort(reason: unknown): void {
    this.#room.refuse(this, abortedError(this.#names(), reason))
  }

  #names(): string {
    return [...new Set((this.gang ?? [this]).map(({ entry }) => `"${entry.id}"`))].join(', ')
  }
}

/** Everybody who waits, in the lines of the models and among the gangs, with their deadlines and signals. */
export class WaitingRoom {
  /** Requests for several slots at once, next first. */
  readonly gangs: Waiter[] = []
  /** The time for figures. */
  readonly turn: TurnClock
  readonly #clock: Clock
  readonly #deadlines: Deadlines
  readonly #aborts = new AbortWatch()
  readonly #sizeMax: number
  /** The column that shows others how many wait. */
  readonly #waiting: Int32Array
  #size = 0
  #sequence = 0

  constructor(clock: Clock, deadlines: Deadlines, sizeMax: number, waiting: Int32Array) {
    this.#clock = clock
    this.turn = new TurnClock(clock)
    this.#deadlines = deadlines
    this.#sizeMax = sizeMax
    this.#waiting = waiting
  }

  get size(): number {
    return this.#size
  }

  /**
   * Waits for one slot, or for a gang of them.
   * @throws SymphonyError `POOL_EXHAUSTED` when the room is full, `INVALID_ARGUMENT`
   */
  enter(entry: ModelEntry, priority: number, leaseMs: number, gang: readonly Want[] | undefined, options: WaitOptions | undefined): Promise<never> {
    if (this.#size >= this.#sizeMax) {
      throw poolError('POOL_EXHAUSTED', `${this.#size} requests wait already, which is the limit. Try again later, or raise waitersMax.`, { waiting: this.#size, waitersMax: this.#sizeMax })
    }
    const timeoutMs = options?.timeoutMs
    if (timeoutMs !== undefined) checkNumber('timeoutMs', timeoutMs, 0, Infinity, false)
    const waiter = new Waiter(this, entry, priority, leaseMs, gang, this.#sequence++)
    if (timeoutMs !== undefined) waiter.dueAtMs = this.#clock.monotonicMs() + timeoutMs
    waiter.signal = options?.signal
    const granted = waiter.promise()
    this.#place(waiter)
    return granted
  }

  /** Takes out who is next in a model's line, to be served. */
  next(entry: ModelEntry): Waiter | undefined {
    const waiter = entry.line.pop()
    if (waiter === undefined) return undefined
    this.#show(entry)
    this.#end(waiter, false)
    return waiter
  }

  /** Takes out a gang, to be served. */
  takeGang(waiter: Waiter): void {
    this.#removeGang(waiter)
    this.#end(waiter, false)
  }

  /** Ends a wait without success. Does nothing to who no longer waits. */
  refuse(waiter: Waiter, error: unknown, isDue: boolean = false): void {
    if (!waiter.isWaiting) return
    this.#end(waiter, isDue)
    if (waiter.gang === undefined) {
      waiter.entry.line.left()
      this.#show(waiter.entry)
    } else this.#removeGang(waiter)
    waiter.fail(error)
  }

  /** Ends the wait of everybody who wants this model. */
  refuseAll(entry: ModelEntry, error: unknown): void {
    for (let waiter = entry.line.peek(); waiter !== undefined; waiter = entry.line.peek()) this.refuse(waiter, error)
    for (const waiter of [...this.gangs]) if (waiter.gang?.some((want) => want.entry === entry)) this.refuse(waiter, error)
  }

  close(entries: readonly ModelEntry[]): void {
    for (const entry of entries) this.refuseAll(entry, closedError())
  }

  #place(waiter: Waiter): void {
    this.#size++
    if (waiter.gang === undefined) {
      waiter.entry.line.push(waiter)
      this.#show(waiter.entry)
    } else this.#addGang(waiter, waiter.gang)
    if (waiter.dueAtMs !== Infinity) this.#deadlines.add(waiter)
    if (waiter.signal !== undefined) waiter.companions = this.#aborts.add(waiter.signal, waiter)
  }

  #show(entry: ModelEntry): void {
    this.#waiting[entry.number] = entry.waiting
  }

  #end(waiter: Waiter, isDue: boolean): void {
    waiter.isWaiting = false
    this.#size--
    if (!isDue && waiter.dueAtMs !== Infinity) this.#deadlines.over()
    waiter.companions?.delete(waiter)
  }

  #addGang(waiter: Waiter, gang: readonly Want[]): void {
    const at = this.gangs.findIndex((other) => inOrder(waiter, other) < 0)
    this.gangs.splice(at < 0 ? this.gangs.length : at, 0, waiter)
    for (const { entry } of gang) {
      entry.gangSlots++
      this.#show(entry)
    }
  }

  #removeGang(waiter: Waiter): void {
    this.gangs.splice(this.gangs.indexOf(waiter), 1)
    for (const { entry } of waiter.gang ?? []) {
      entry.gangSlots--
      this.#show(entry)
    }
  }
}

export function abortedError(names: string, reason: unknown): Error {
  return poolError('ABORTED', `The wait for ${names} was ended by its signal.`, {}, reason)
}
