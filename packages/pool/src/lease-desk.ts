import { EVENTS, INSTANCE_STATES, isSymphonyError } from '@symphony/interface'
import type { InvokeContext, Lease, LoadedModel } from '@symphony/interface'
import { Histogram } from '@symphony/shared-memory'
import { callError } from './call-error.ts'
import type { Deadlines } from './deadlines.ts'
import { SlotLease, TimedLease } from './lease.ts'
import type { LeaseHost, PoolLease } from './lease.ts'
import { CALL_FAILURES_BEFORE_PROBE, SLOTS_PER_GATE } from './limits.ts'
import type { ModelEntry } from './model-entry.ts'
import { entryOf } from './pool-core.ts'
import type { PoolCore } from './pool-core.ts'
import { inOrder } from './wait-line.ts'
import type { Waiter, WaitingRoom, Want } from './waiting-room.ts'

/** What the desk tells the rest of the pool. */
export interface DeskListener {
  /** A slot of a closed instance came back. */
  returned(instance: number): void
  /** Nobody holds a slot of the instance any more, and it is hot. */
  idle(entry: ModelEntry, instance: number): void
  /** Somebody who does not wait here may find a slot. */
  slotFree(entry: ModelEntry): void
  /** Somebody goes on waiting although slots were free a moment ago: other threads have them now. */
  unserved(): void
  /** An instance's calls fail again and again. */
  suspect(instance: number): void
}

/** What came back in one call. */
interface Back {
  /** A slot of a hot instance is free. */
  isFree: boolean
  /** Instances somebody has to look at; undefined while there are none. */
  instances: Set<number> | undefined
}

const none: ReadonlySet<number> = new Set()

/** Where slots go out and come back: to who asks, to who waits, and from whoever held them too long. */
export class LeaseDesk implements LeaseHost {
  readonly #core: PoolCore
  readonly #room: WaitingRoom
  readonly #deadlines: Deadlines
  readonly #listener: DeskListener
  readonly #gateInstance: Int32Array
  readonly #states: Int32Array
  readonly #lastUsedAtMs: Float64Array
  readonly #waits: Histogram
  /** By instance row: calls that failed in a row. */
  readonly #callFailures: Int32Array

  constructor(core: PoolCore, room: WaitingRoom, deadlines: Deadlines, listener: DeskListener) {
    const { instances, gates, waits } = core.region.tables
    this.#core = core
    this.#room = room
    this.#deadlines = deadlines
    this.#listener = listener
    this.#gateInstance = gates.columns.instance
    this.#states = instances.columns.state
    this.#lastUsedAtMs = instances.columns.lastUsedAtMs
    this.#waits = new Histogram(waits.columns.count)
    this.#callFailures = new Int32Array(instances.rows)
  }

  nowMs(): number {
    return this.#core.clock.monotonicMs()
  }

  isLive(slot: number, word: number): boolean {
    return this.#core.backend.word(slot) === word
  }

  token(slot: number, word: number): number {
    return this.#core.backend.token(slot, word)
  }

  overEarly(): void {
    this.#deadlines.over()
  }

  // ---- out

  tryTake(entry: ModelEntry, leaseMs: number): PoolLease | undefined {
    const slot = this.#core.backend.takeSlot(entry.number)
    return slot < 0 ? undefined : this.#grant(entry, slot, leaseMs)
  }

  /** Up to so many leases as numbers. */
  takeSlots(entry: ModelEntry, slots: Int32Array, words: Int32Array, count: number): number {
    const { backend, events } = this.#core
    const taken = backend.takeSlots(entry.number, slots, words, count)
    if (taken === 0) return 0
    events.hold?.()
    for (let at = 0; at < taken; at++) {
      const slot = slots[at] as number
      events.publish(EVENTS.LEASE_GRANTED, this.#gateInstance[slot >> 5] as number, backend.token(slot, words[at] as number), entry.number)
    }
    events.show?.()
    return taken
  }

  /** All or none, at once. */
  tryTakeAll(wants: readonly Want[]): readonly PoolLease[] | undefined {
    const { backend } = this.#core
    for (const { entry } of wants) {
      const needed = wants.reduce((count, want) => count + (want.entry === entry ? 1 : 0), 0)
      if (backend.freeSlots(entry.number) < needed) return undefined
    }
    const leases: PoolLease[] = []
    for (const { entry, leaseMs } of wants) {
      const lease = this.tryTake(entry, leaseMs)
      if (lease !== undefined) leases.push(lease)
      else {
        // Another thread was faster: what was taken goes back.
        for (const taken of leases) taken.release()
        return undefined
      }
    }
    return leases
  }

  /** Gives free slots of a model to those who wait for it, in order, and tells of what is left. */
  serve(entry: ModelEntry): void {
    for (;;) {
      if (this.#serveGang(entry)) continue
      if (entry.line.size === 0) break
      const slot = this.#core.backend.takeSlot(entry.number)
      if (slot < 0) return this.#listener.unserved()
      this.#serveNext(entry, slot)
    }
    if (this.#core.backend.freeSlots(entry.number) > 0) this.#listener.slotFree(entry)
  }

  #grant(entry: ModelEntry, slot: number, leaseMs: number): PoolLease {
    const { backend, events } = this.#core
    const word = backend.taken
    const instance = this.#gateInstance[slot >> 5] as number
    events.publish(EVENTS.LEASE_GRANTED, instance, backend.token(slot, word), entry.number)
    if (leaseMs === 0) return new SlotLease(this, entry, instance, slot, word)
    const lease = new TimedLease(this, entry, instance, slot, word, leaseMs)
    this.#deadlines.add(lease)
    return lease
  }

  #serveNext(entry: ModelEntry, slot: number): void {
    const waiter = this.#room.next(entry) as Waiter
    this.#noteWait(waiter, 1)
    waiter.serve(this.#grant(entry, slot, waiter.leaseMs))
  }

  /** Serves the first gang that wants this model, stands before the model's own line, and can have all it wants. */
  #serveGang(entry: ModelEntry): boolean {
    const first = entry.line.peek()
    for (const gang of this.#room.gangs) {
      if (first !== undefined && inOrder(first, gang) < 0) return false
      const wants = gang.gang as readonly Want[]
      if (!wants.some((want) => want.entry === entry)) continue
      const leases = this.tryTakeAll(wants)
      if (leases === undefined) continue
      this.#room.takeGang(gang)
      this.#noteWait(gang, leases.length)
      gang.serve(leases as readonly Lease[])
      return true
    }
    return false
  }

  #noteWait(waiter: Waiter, leases: number): void {
    this.#core.region.words.leasesWaited[0]! += leases
    this.#waits.record((this.#room.turn.monotonicMs() - waiter.sinceMs) * 1_000)
  }

  // ---- back

  release(entry: ModelEntry, slot: number, word: number): boolean {
    const { backend, events } = this.#core
    if (!backend.endLease(slot, word)) return false
    const instance = this.#gateInstance[slot >> 5] as number
    events.publish(EVENTS.LEASE_RELEASED, instance, backend.token(slot, word), entry.number)
    this.#passOn(entry, instance, slot)
    return true
  }

  /**
   * Leases as numbers come back: all of them first, a gate's slots in one step, and then everybody is told, who may take slots
   * into the same columns.
   */
  releaseSlots(entry: ModelEntry, slots: Int32Array, words: Int32Array, count: number): number {
    const { backend, events, region } = this.#core
    const gateFirst = region.tables.models.columns.gateFirst[entry.number] as number
    const gateEnd = gateFirst + (region.tables.models.columns.gates[entry.number] as number)
    const back: Back = { isFree: false, instances: undefined }
    let released = 0
    let gate = -1
    let bits = 0
    events.hold?.()
    for (let at = 0; at < count; at++) {
      const slot = slots[at] as number
      const word = words[at] as number
      const own = slot >> 5
      // An even word names no lease.
      if ((word & 1) === 0 || own < gateFirst || own >= gateEnd || !backend.endLease(slot, word)) continue
      released++
      const instance = this.#gateInstance[own] as number
      events.publish(EVENTS.LEASE_RELEASED, instance, backend.token(slot, word), entry.number)
      if (entry.line.size > 0 && entry.gangSlots === 0 && this.#states[instance] === INSTANCE_STATES.HOT) {
        backend.relet(slot)
        this.#serveNext(entry, slot)
        continue
      }
      if (own !== gate) {
        if (bits !== 0) this.#freeGate(entry, gate, bits, back)
        gate = own
        bits = 0
      }
      bits |= 1 << (slot & 31)
    }
    events.show?.()
    if (bits !== 0) this.#freeGate(entry, gate, bits, back)
    this.#tellOf(entry, back)
    return released
  }

  /** Leases as numbers end, and the next ones begin on the same slots: no gate is opened in between. Returns how many, from the first on. */
  renewSlots(entry: ModelEntry, slots: Int32Array, words: Int32Array, count: number): number {
    if (entry.waiting > 0) return 0
    const { backend, events, region } = this.#core
    const gateFirst = region.tables.models.columns.gateFirst[entry.number] as number
    const gateEnd = gateFirst + (region.tables.models.columns.gates[entry.number] as number)
    let at = 0
    events.hold?.()
    for (; at < count; at++) {
      const slot = slots[at] as number
      const word = words[at] as number
      const gate = slot >> 5
      if ((word & 1) === 0 || gate < gateFirst || gate >= gateEnd) break
      const instance = this.#gateInstance[gate] as number
      if (this.#states[instance] !== INSTANCE_STATES.HOT || !backend.endLease(slot, word)) break
      events.publish(EVENTS.LEASE_RELEASED, instance, backend.token(slot, word), entry.number)
      backend.relet(slot)
      words[at] = backend.taken
      events.publish(EVENTS.LEASE_GRANTED, instance, backend.token(slot, backend.taken), entry.number)
    }
    events.show?.()
    return at
  }

  #freeGate(entry: ModelEntry, gate: number, bits: number, back: Back): void {
    const isClosed = this.#core.backend.freeGateSlots(gate, bits)
    const instance = this.#gateInstance[gate] as number
    const isHot = !isClosed && this.#states[instance] === INSTANCE_STATES.HOT
    if (isHot) back.isFree = true
    if (!isHot || entry.tracksUse || this.#core.isShort) (back.instances ??= new Set()).add(instance)
  }

  /** Tells of slots that came back together what `#passOn` tells of one. */
  #tellOf(entry: ModelEntry, { isFree, instances = none }: { readonly isFree: boolean; readonly instances: ReadonlySet<number> | undefined }): void {
    for (const instance of instances) {
      if (this.#states[instance] !== INSTANCE_STATES.HOT) this.#listener.returned(instance)
      else if (entry.tracksUse) this.#lastUsedAtMs[instance] = this.#core.clock.monotonicMs()
    }
    if (!isFree) return
    if (entry.waiting > 0) this.serve(entry)
    else this.#listener.slotFree(entry)
    if (entry.idleMs < 0 && !this.#core.isShort) return
    for (const instance of instances) {
      if (this.#states[instance] === INSTANCE_STATES.HOT && this.#core.backend.isIdle(instance)) this.#listener.idle(entry, instance)
    }
  }

  expire(lease: TimedLease, entry: ModelEntry, slot: number, word: number): void {
    if (!this.#core.backend.endLease(slot, word)) return
    this.#noteExpired(entry, lease.instance, slot, word)
    this.#core.logger.warn('A lease was not released in time and is taken back.', { model: entry.id, instance: lease.instance, token: lease.token })
    this.#passOn(entry, lease.instance, slot)
  }

  /** Ends all leases on an instance. */
  takeBackAll(entry: ModelEntry, instance: number): void {
    this.#eachSlot(entry, instance, (slot) => {
      const word = this.#core.backend.takeBack(slot)
      if (word === 0) return
      this.#noteExpired(entry, instance, slot, word)
      this.#passOn(entry, instance, slot)
    })
  }

  /** Ends all leases of another thread, which is gone. Returns how many there were. */
  takeBackFrom(holder: number): number {
    const holders = this.#core.region.tables.slots.columns.holder
    let count = 0
    for (const entry of this.#core.entries) {
      for (let instance = entry.instanceFirst; instance < entry.instanceFirst + entry.instances; instance++) {
        this.#eachSlot(entry, instance, (slot) => {
          if (holders[slot] !== holder) return
          const word = this.#core.backend.takeBack(slot)
          if (word === 0) return
          count++
          this.#noteExpired(entry, instance, slot, word)
          this.#passOn(entry, instance, slot)
        })
      }
    }
    return count
  }

  #noteExpired(entry: ModelEntry, instance: number, slot: number, word: number): void {
    this.#core.region.words.leasesExpired[0]!++
    this.#core.events.publish(EVENTS.LEASE_EXPIRED, instance, this.#core.backend.token(slot, word), entry.number)
  }

  /** A slot whose lease has ended goes to who waits for it, or is free for everybody. */
  #passOn(entry: ModelEntry, instance: number, slot: number): void {
    const { backend } = this.#core
    const isHot = this.#states[instance] === INSTANCE_STATES.HOT
    if (isHot && entry.line.size > 0 && entry.gangSlots === 0) {
      backend.relet(slot)
      return this.#serveNext(entry, slot)
    }
    const isClosed = backend.freeSlot(slot)
    if (isClosed || !isHot) return this.#listener.returned(instance)
    if (entry.tracksUse) this.#lastUsedAtMs[instance] = this.#core.clock.monotonicMs()
    if (entry.waiting > 0) this.serve(entry)
    else this.#listener.slotFree(entry)
    if ((entry.idleMs >= 0 || this.#core.isShort) && backend.isIdle(instance)) this.#listener.idle(entry, instance)
  }

  #eachSlot(entry: ModelEntry, instance: number, visit: (slot: number) => void): void {
    const firstGate = this.#core.region.tables.instances.columns.gateFirst[instance] as number
    for (let index = 0; index < entry.slotsPerInstance; index++) {
      visit(((firstGate + Math.floor(index / SLOTS_PER_GATE)) << 5) | (index % SLOTS_PER_GATE))
    }
  }

  // ---- calls

  invoke(instance: number, input: unknown, context: InvokeContext): unknown {
    const model = this.#core.loaded[instance] as LoadedModel
    let answer: unknown
    try {
      answer = model.invoke(input, context)
    } catch (error) {
      throw this.#callFailed(instance, error)
    }
    if (typeof (answer as PromiseLike<unknown> | undefined | null)?.then !== 'function') {
      if (this.#callFailures[instance] !== 0) this.#callWorked(instance)
      return answer
    }
    return (answer as PromiseLike<unknown>).then(
      (value) => {
        this.#callWorked(instance)
        return value
      },
      (error: unknown) => {
        throw this.#callFailed(instance, error)
      },
    )
  }

  #callWorked(instance: number): void {
    this.#callFailures[instance] = 0
    entryOf(this.#core, instance).failuresInRow = 0
  }

  #callFailed(instance: number, error: unknown): Error {
    // Who gave up on a call says nothing about the instance.
    const isCallers = isSymphonyError(error, 'ABORTED') || isSymphonyError(error, 'LEASE_EXPIRED')
    if (!isCallers && ++this.#callFailures[instance]! % CALL_FAILURES_BEFORE_PROBE === 0) this.#listener.suspect(instance)
    return callError(entryOf(this.#core, instance).id, error)
  }
}
