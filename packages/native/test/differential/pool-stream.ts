import { isSymphonyError } from '@symphony/interface'
import type { Runner } from '@symphony/interface'
import { createPoolManager, POOL_LAYOUT, SlotBackend, SLOTS_PER_GATE } from '@symphony/pool'
import type { MakePoolBackend, PoolBackend, PoolRegion } from '@symphony/pool'
import { createRegion, HISTOGRAM_BUCKETS } from '@symphony/shared-memory'
import { Chance } from './chance.ts'
import { Divergence } from './sides.ts'

const runner: Runner = { kind: 'test', load: () => ({ invoke: (input) => input, unload() {} }) }

/** Instances and slots of each model: one slot, some among which calls spread, wide ones, and a row of single ones. */
const MODELS = [[1, 1], [3, 4], [2, 40], [4, 1]] as const
const THREADS = 2

interface Side {
  readonly region: PoolRegion
  /** By holder. */
  readonly backends: readonly PoolBackend[]
  readonly bytes: Buffer
}

type Slot = 'free' | 'ended' | number

/** One stream of commands by chance to two backends and to the rules as plainly as they can be written. */
export class PoolStream {
  readonly #a: Side
  readonly #b: Side
  readonly #chance: Chance
  /** By slot row. */
  readonly #slots = new Map<number, Slot>()
  readonly #closed = new Set<number>()
  commands = 0
  readonly tally: Map<string, number> = new Map()

  constructor(seed: number, other: MakePoolBackend, first: MakePoolBackend = (_, own) => own) {
    this.#chance = new Chance(seed)
    this.#a = sideOf(first)
    this.#b = sideOf(other)
    const { region } = this.#a
    const { free } = region.tables.gates.columns
    for (let slot = 0; slot < region.tables.slots.rows; slot++) if (slot % 32 < 31 && (((free[slot >> 5] as number) >> (slot & 31)) & 1) === 1) this.#slots.set(slot, 'free')
    for (let instance = 0; instance < 10; instance++) this.#closed.add(instance)
    // A few leases before the wrap of their words.
    for (const slot of this.#slots.keys()) {
      const word = -2 * this.#chance.below(6)
      for (const side of [this.#a, this.#b]) side.region.tables.slots.columns.token[slot] = word
    }
  }

  close(): void {
    for (const { backends } of [this.#a, this.#b]) for (const backend of backends) backend.detach?.()
  }

  /** @throws Divergence */
  step(): void {
    const holder = this.#chance.below(THREADS + 1)
    const model = this.#chance.below(MODELS.length)
    const slots = [...this.#slots.keys()]
    const slot = slots[this.#chance.below(slots.length)] as number
    const state = this.#slots.get(slot) as Slot
    const instance = this.#instanceOf(slot)
    const kind = this.#chance.below(16)
    if (kind < 3) this.#take(holder, model)
    else if (kind < 6) this.#takeSlots(holder, model, 1 + this.#chance.below(50))
    else if (kind === 6) this.#toggle(instance)
    else if (kind === 7) this.#giveAll(holder, slot >> 5)
    else if (kind === 8) this.#look(holder, model, instance)
    else if (kind === 9) this.#refused(slot, state)
    else if (typeof state === 'number') this.#end(slot, state, kind)
    else if (state === 'ended') this.#goOn(holder, slot, kind)
    else if (this.#both('takeBack', (side) => (side.backends[0] as PoolBackend).takeBack(slot)) !== 0) throw new Divergence(`slot ${slot} is free, and something was taken back`)
    this.#check()
  }

  #take(holder: number, model: number): void {
    const slot = this.#both('takeSlot', (side) => (side.backends[holder] as PoolBackend).takeSlot(model))
    if (slot < 0 !== (this.#freeOf(model) === 0)) throw new Divergence(`model ${model} has ${this.#freeOf(model)} free slots, and gave ${slot}`)
    if (slot >= 0) this.#begin(slot, this.#same('taken', (side) => (side.backends[holder] as PoolBackend).taken))
  }

  #takeSlots(holder: number, model: number, count: number): void {
    const columns = [this.#a, this.#b].map(() => [new Int32Array(count), new Int32Array(count)] as const)
    const of = (side: Side): readonly [Int32Array, Int32Array] => columns[side === this.#a ? 0 : 1] as readonly [Int32Array, Int32Array]
    const taken = this.#both('takeSlots', (side) => (side.backends[holder] as PoolBackend).takeSlots(model, ...of(side), count))
    this.#same('slots and words', (side) => of(side).join())
    if (taken !== Math.min(count, this.#freeOf(model))) throw new Divergence(`${taken} of ${count} slots were taken, ${this.#freeOf(model)} are free`)
    const [slots, words] = of(this.#a)
    for (let at = 0; at < taken; at++) this.#begin(slots[at] as number, words[at] as number)
  }

  #begin(slot: number, word: number): void {
    const before = this.#slots.get(slot)
    if (typeof before !== 'string' || (word & 1) === 0 || (before === 'free' && this.#closed.has(this.#instanceOf(slot)))) throw new Divergence(`slot ${slot} is ${before}, and was leased as ${word}`)
    this.#slots.set(slot, word)
  }

  /** By who holds it, or by the pool's own thread. */
  #end(slot: number, word: number, kind: number): void {
    const holder = this.#a.region.tables.slots.columns.holder[slot] as number
    if (kind === 10) {
      if (this.#both('takeBack', (side) => (side.backends[0] as PoolBackend).takeBack(slot)) !== word) throw new Divergence(`slot ${slot} was let as ${word}`)
    } else {
      const ender = kind === 11 ? 0 : holder
      if (kind === 12 && this.#both('endLease of another', (side) => (side.backends[ender] as PoolBackend).endLease(slot, (word + 2) | 0))) throw new Divergence('a lease that never began has ended')
      if (!this.#both('endLease', (side) => (side.backends[ender] as PoolBackend).endLease(slot, word))) throw new Divergence(`the lease on slot ${slot} did not end`)
    }
    this.#slots.set(slot, 'ended')
  }

  #goOn(holder: number, slot: number, kind: number): void {
    if (kind < 13) {
      const isClosed = this.#both('freeSlot', (side) => (side.backends[holder] as PoolBackend).freeSlot(slot))
      if (isClosed !== this.#closed.has(this.#instanceOf(slot))) throw new Divergence(`slot ${slot} came back to a closed instance: ${isClosed}`)
      this.#slots.set(slot, 'free')
    } else {
      this.#both('relet', (side) => (side.backends[holder] as PoolBackend).relet(slot))
      this.#begin(slot, this.#same('taken', (side) => (side.backends[holder] as PoolBackend).taken))
    }
  }

  #giveAll(holder: number, gate: number): void {
    const ended = [...this.#slots].filter(([slot, state]) => slot >> 5 === gate && state === 'ended').map(([slot]) => slot)
    if (ended.length === 0) return
    const bits = ended.reduce((sum, slot) => sum | (1 << (slot & 31)), 0)
    this.#both('freeGateSlots', (side) => (side.backends[holder] as PoolBackend).freeGateSlots(gate, bits))
    for (const slot of ended) this.#slots.set(slot, 'free')
  }

  #toggle(instance: number): void {
    const isClosed = this.#closed.has(instance)
    this.#both(isClosed ? 'openInstance' : 'closeInstance', (side) => (side.backends[0] as PoolBackend)[isClosed ? 'openInstance' : 'closeInstance'](instance))
    if (isClosed) this.#closed.delete(instance)
    else this.#closed.add(instance)
  }

  #look(holder: number, model: number, instance: number): void {
    const used = [...this.#slots].filter(([slot, state]) => this.#instanceOf(slot) === instance && state !== 'free').length
    if (this.#both('usedSlots', (side) => (side.backends[holder] as PoolBackend).usedSlots(instance)) !== used) throw new Divergence(`instance ${instance} has ${used} slots in use`)
    if (this.#same('isIdle', (side) => (side.backends[holder] as PoolBackend).isIdle(instance)) !== (used === 0)) throw new Divergence(`instance ${instance} is idle, or not`)
    if (this.#both('freeSlots', (side) => (side.backends[holder] as PoolBackend).freeSlots(model)) !== this.#freeOf(model)) throw new Divergence(`model ${model} has ${this.#freeOf(model)} free slots`)
  }

  /** What makes no sense is refused by a native backend, with nothing written. The TypeScript one takes its caller's word. */
  #refused(slot: number, state: Slot): void {
    const [backend] = this.#b.backends as readonly [PoolBackend]
    if (backend.name !== 'native') return
    const wrong = [-1, 31, 1 << 20, 2 ** 32, 0.5, Number.NaN][this.#chance.below(6)] as number
    const calls = [() => backend.freeSlot(wrong), () => backend.relet(wrong), () => backend.endLease(wrong, 1), () => backend.takeBack(wrong), () => backend.closeInstance(wrong)]
    if (state !== 'ended') calls.push(() => backend.freeSlot(slot), () => backend.relet(slot), () => backend.freeGateSlots(slot >> 5, 1 << (slot & 31)))
    this.#count('refused')
    try {
      ;(calls[this.#chance.below(calls.length)] as () => unknown)()
    } catch (error) {
      if (isSymphonyError(error, 'INVALID_ARGUMENT')) return
      throw error
    }
    throw new Divergence(`${wrong} was not refused`)
  }

  #both<R>(name: string, work: (side: Side) => R): R {
    this.#count(name)
    const result = this.#same(name, work)
    if (!this.#a.bytes.equals(this.#b.bytes)) throw new Divergence(`${name}: other bytes at ${this.#a.bytes.findIndex((byte, at) => byte !== this.#b.bytes[at])}`)
    return result
  }

  #same<R>(name: string, work: (side: Side) => R): R {
    const [a, b] = [work(this.#a), work(this.#b)]
    if (!Object.is(a, b)) throw new Divergence(`${name}: ${String(a)} and ${String(b)}`)
    return a
  }

  /** Whether the region says what the plain rules say. */
  #check(): void {
    const { slots, gates } = this.#a.region.tables
    for (const [slot, state] of this.#slots) {
      const isFree = (((gates.columns.free[slot >> 5] as number) >> (slot & 31)) & 1) === 1
      const word = slots.columns.token[slot] as number
      if (isFree !== (state === 'free') || (typeof state === 'number' ? word !== state : (word & 1) === 1)) throw new Divergence(`slot ${slot} should be ${state}, is free: ${isFree}, has the word ${word}`)
    }
  }

  #freeOf(model: number): number {
    let count = 0
    for (const [slot, state] of this.#slots) if (state === 'free' && !this.#closed.has(this.#instanceOf(slot)) && this.#a.region.tables.instances.columns.model[this.#instanceOf(slot)] === model) count++
    return count
  }

  #instanceOf(slot: number): number {
    return this.#a.region.tables.gates.columns.instance[slot >> 5] as number
  }

  #count(name: string): void {
    this.commands++
    this.tally.set(name, (this.tally.get(name) ?? 0) + 1)
  }
}

/** A small region with the models in it, and a backend for each thread. */
function sideOf(make: MakePoolBackend): Side {
  const gates = MODELS.reduce((sum, [instances, slots]) => sum + instances * Math.ceil(slots / SLOTS_PER_GATE), 0)
  const instances = MODELS.reduce((sum, [count]) => sum + count, 0)
  const region = createRegion(POOL_LAYOUT, { models: MODELS.length, instances, gates, slots: gates * 32, waits: HISTOGRAM_BUCKETS, loads: HISTOGRAM_BUCKETS })
  const models = MODELS.map(([instancesMax, slotsPerInstance], at) => ({ id: `m${at}`, runner, instancesMax, slotsPerInstance }))
  createPoolManager({ instancesMax: instances, models }, { regionBuffer: region.buffer })
  region.words.attachedThreads[0] = THREADS
  const backends = Array.from({ length: THREADS + 1 }, (_, holder) => make(region, new SlotBackend(region, holder)))
  return { region, backends, bytes: Buffer.from(region.buffer) }
}
