import type { FencingToken, InstanceRow, InvokeContext, Lease } from '@symphony/interface'
import type { Due } from './deadlines.ts'
import type { ModelEntry } from './model-entry.ts'
import { poolError } from './pool-error.ts'

/** A lease of this pool: the contract, and more time for one that is limited. */
export interface PoolLease extends Lease {
  /** Starts the time of a lease with `leaseMs` anew; so does progress of a running call. False when the lease is over. */
  renew(): boolean
}

/** What a lease needs of the pool that granted it. */
export interface LeaseHost {
  isLive(slot: number, word: number): boolean
  token(slot: number, word: number): number
  release(entry: ModelEntry, slot: number, word: number): boolean
  invoke(instance: number, input: unknown, context: InvokeContext): unknown
  nowMs(): number
  /** A limited lease was given back before its time. */
  overEarly(): void
  /** A limited lease has had its time. */
  expire(lease: TimedLease, entry: ModelEntry, slot: number, word: number): void
}

/** The right to one slot, as long as the slot's token is the one it was granted with. Holds nothing else, so to forget is enough. */
export class SlotLease implements PoolLease {
  readonly instance: InstanceRow
  protected readonly host: LeaseHost
  protected readonly entry: ModelEntry
  protected readonly slot: number
  protected readonly word: number

  constructor(host: LeaseHost, entry: ModelEntry, instance: number, slot: number, word: number) {
    this.host = host
    this.entry = entry
    this.instance = instance as InstanceRow
    this.slot = slot
    this.word = word
  }

  get model(): string {
    return this.entry.id
  }

  get token(): FencingToken {
    return this.host.token(this.slot, this.word) as FencingToken
  }

  get isLive(): boolean {
    return this.host.isLive(this.slot, this.word)
  }

  /** Names the lease among all of the pool's. */
  get key(): string {
    return `${this.entry.id}/${this.slot}/${this.token}`
  }

  /** Ends the running calls of a lease that is taken back. Undefined: they cannot outlive it. */
  get takenBack(): AbortSignal | undefined {
    return undefined
  }

  invoke(input: unknown, context?: Partial<InvokeContext>): unknown {
    if (!this.host.isLive(this.slot, this.word)) throw this.#over()
    return this.host.invoke(this.instance, input, new CallContext(this, context))
  }

  release(): boolean {
    return this.host.release(this.entry, this.slot, this.word)
  }

  renew(): boolean {
    return this.isLive
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.release()
    return Promise.resolve()
  }

  #over(): Error {
    return poolError('LEASE_EXPIRED', `The lease on "${this.model}" is over: it was released, it expired, or its instance is gone. Allocate the model again.`, {
      model: this.model,
      instance: this.instance,
    })
  }
}

/** A lease the pool takes back when it is neither released nor renewed in time. */
export class TimedLease extends SlotLease implements Due {
  readonly #leaseMs: number
  #dueAtMs: number
  #controller: AbortController | undefined
  /** The deadline was met or called off. */
  #isTold = false

  constructor(host: LeaseHost, entry: ModelEntry, instance: number, slot: number, word: number, leaseMs: number) {
    super(host, entry, instance, slot, word)
    this.#leaseMs = leaseMs
    this.#dueAtMs = host.nowMs() + leaseMs
  }

  get dueAtMs(): number {
    return this.#dueAtMs
  }

  get isWaiting(): boolean {
    return this.isLive
  }

  override get takenBack(): AbortSignal {
    this.#controller ??= new AbortController()
    return this.#controller.signal
  }

  override release(): boolean {
    const isReleased = super.release()
    if (!this.#isTold) this.host.overEarly()
    this.#isTold = true
    return isReleased
  }

  override renew(): boolean {
    if (!this.isLive) return false
    this.#dueAtMs = this.host.nowMs() + this.#leaseMs
    return true
  }

  onDue(): void {
    this.#isTold = true
    this.host.expire(this, this.entry, this.slot, this.word)
    this.#controller?.abort(poolError('LEASE_EXPIRED', `The lease on "${this.model}" was not released within its ${this.#leaseMs} ms. Raise leaseMs, or renew it while the call makes progress.`))
  }
}

const neverAborted = new AbortController().signal

/** What a model gets with a call: what the caller gave, filled up. What nobody asks for is not made. */
class CallContext implements InvokeContext {
  readonly #lease: SlotLease
  readonly #given: Partial<InvokeContext> | undefined
  #signal: AbortSignal | undefined

  constructor(lease: SlotLease, given: Partial<InvokeContext> | undefined) {
    this.#lease = lease
    this.#given = given
  }

  get signal(): AbortSignal {
    if (this.#signal !== undefined) return this.#signal
    const given = this.#given?.signal
    const takenBack = this.#lease.takenBack
    if (takenBack === undefined) this.#signal = given ?? neverAborted
    else this.#signal = given === undefined ? takenBack : AbortSignal.any([given, takenBack])
    return this.#signal
  }

  get idempotencyKey(): string {
    return this.#given?.idempotencyKey ?? this.#lease.key
  }

  get attempt(): number {
    return this.#given?.attempt ?? 1
  }

  progress(fraction: number): void {
    this.#lease.renew()
    this.#given?.progress?.(fraction)
  }
}
