import type { PoolRegion } from './layout.ts'
import { SLOTS_PER_GATE } from './limits.ts'

const CLOSED = 1 << 31
const OPEN_BITS = 0x7fffffff
/** Tokens are two 32-bit words; the low one wraps into the era. */
const ERA = 2 ** 32

/**
 * The hot path over a pool's region: slots are taken and given back by compare-and-swap, so that any thread may have one of
 * its own over the same bytes. Slots, words and rows are plain numbers; nothing here waits, throws or allocates.
 */
export interface PoolBackend {
  readonly name: string
  /** The low word of the token of the lease that `takeSlot` or `relet` began last. */
  readonly taken: number
  /** Takes a free slot of a hot instance and begins a lease on it; -1 when there is none. */
  takeSlot(model: number): number
  /** Takes up to `count` free slots of hot instances and begins leases on them: fills in slots and words, and returns how many. */
  takeSlots(model: number, slots: Int32Array, words: Int32Array, count: number): number
  /** The low word of the token of the lease that is on a slot. */
  word(slot: number): number
  /** The whole token that belongs to a low word. */
  token(slot: number, word: number): number
  /** Ends the lease that began with this word; false when it is over already. The slot is nobody's until `freeSlot` or `relet`. */
  endLease(slot: number, word: number): boolean
  /** Ends whatever lease is on a slot and returns its word, or 0 when there is none. */
  takeBack(slot: number): number
  /** Lets everybody have a slot whose lease was ended. True when its instance is closed. */
  freeSlot(slot: number): boolean
  /** The same for the slots of one gate whose bits are set. */
  freeGateSlots(gate: number, bits: number): boolean
  /** Begins the next lease on a slot whose lease was ended, without letting go of it. */
  relet(slot: number): void
  openInstance(instance: number): void
  closeInstance(instance: number): void
  isIdle(instance: number): boolean
  usedSlots(instance: number): number
  /** Free slots on open instances. */
  freeSlots(model: number): number
}

/**
 * The TypeScript backend. A gate word holds a bit for each free slot and the sign bit while closed, so a word above zero has
 * something to give. Where an instance has several slots and the model several instances, the roomiest is taken: calls
 * spread over the threads behind them. Otherwise the slot that came back last goes out first, and idle instances stay idle.
 */
export class SlotBackend implements PoolBackend {
  readonly name = 'typescript'
  taken = 0
  readonly #holder: number
  readonly #free: Int32Array
  readonly #gateInstance: Int32Array
  readonly #tokens: Int32Array
  readonly #eras: Int32Array
  readonly #holders: Int32Array
  readonly #models: PoolRegion['tables']['models']['columns']
  readonly #instances: PoolRegion['tables']['instances']['columns']
  /** The gate of each model that was free last. */
  readonly #hints: Int32Array

  /** @param holder 0 for the thread that runs the pool; others get theirs by attaching */
  constructor(region: PoolRegion, holder: number = 0) {
    const { gates, slots, models, instances } = region.tables
    this.#holder = holder
    this.#free = gates.columns.free
    this.#gateInstance = gates.columns.instance
    this.#tokens = slots.columns.token
    this.#eras = slots.columns.era
    this.#holders = slots.columns.holder
    this.#models = models.columns
    this.#instances = instances.columns
    this.#hints = new Int32Array(models.rows)
  }

  takeSlot(model: number): number {
    const free = this.#free
    for (;;) {
      const gate = this.#openGate(model)
      if (gate < 0) return -1
      const word = free[gate] as number
      if (word <= 0) continue
      const bit = word & -word
      if (Atomics.compareExchange(free, gate, word, word & ~bit) !== word) continue
      const slot = (gate << 5) | (31 - Math.clz32(bit))
      this.relet(slot)
      return slot
    }
  }

  takeSlots(model: number, slots: Int32Array, words: Int32Array, count: number): number {
    const free = this.#free
    // Where calls spread over instances, each slot comes of the one that is roomiest then.
    const most = this.#spreads(model) ? 1 : SLOTS_PER_GATE
    let taken = 0
    while (taken < count) {
      const gate = this.#openGate(model)
      if (gate < 0) break
      const word = free[gate] as number
      if (word <= 0) continue
      const rest = withoutLowest(word, Math.min(most, count - taken))
      if (Atomics.compareExchange(free, gate, word, rest) !== word) continue
      for (let bits = word ^ rest; bits !== 0; bits &= bits - 1) {
        const slot = (gate << 5) | (31 - Math.clz32(bits & -bits))
        this.relet(slot)
        slots[taken] = slot
        words[taken++] = this.taken
      }
    }
    return taken
  }

  word(slot: number): number {
    return this.#tokens[slot] as number
  }

  token(slot: number, word: number): number {
    return (this.#eras[slot] as number) * ERA + (word >>> 0)
  }

  endLease(slot: number, word: number): boolean {
    const next = (word + 1) | 0
    // Who still holds the slot counts the wrap; if the lease is taken back this very moment, the era skips a number and tokens still rise.
    if (next === 0 && Atomics.load(this.#tokens, slot) === word) Atomics.add(this.#eras, slot, 1)
    if (this.#holder === 0 && this.#holders[slot] === 0) {
      // Nobody but the pool's own thread ends its leases, and the gate that is set afterwards shows the token to all.
      if (this.#tokens[slot] !== word) return false
      this.#tokens[slot] = next
      return true
    }
    return Atomics.compareExchange(this.#tokens, slot, word, next) === word
  }

  takeBack(slot: number): number {
    for (;;) {
      const word = Atomics.load(this.#tokens, slot)
      if ((word & 1) === 0) return 0
      if (this.endLease(slot, word)) return word
    }
  }

  freeSlot(slot: number): boolean {
    return this.freeGateSlots(slot >> 5, 1 << (slot & 31))
  }

  freeGateSlots(gate: number, bits: number): boolean {
    this.#hints[this.#instances.model[this.#gateInstance[gate] as number] as number] = gate
    return Atomics.or(this.#free, gate, bits) < 0
  }

  relet(slot: number): void {
    const word = ((this.#tokens[slot] as number) + 1) | 0
    this.#holders[slot] = this.#holder
    // The slot is this thread's alone until the lease ends, and nobody else ends the leases of the pool's own thread: a plain store is enough
    // there. Another thread's may be taken back at once: who sees the token has to see the holder.
    if (this.#holder === 0) this.#tokens[slot] = word
    else Atomics.store(this.#tokens, slot, word)
    this.taken = word
  }

  openInstance(instance: number): void {
    for (let gate = this.#firstGate(instance), end = gate + this.#gatesOf(instance); gate < end; gate++) Atomics.and(this.#free, gate, OPEN_BITS)
  }

  closeInstance(instance: number): void {
    for (let gate = this.#firstGate(instance), end = gate + this.#gatesOf(instance); gate < end; gate++) Atomics.or(this.#free, gate, CLOSED)
  }

  isIdle(instance: number): boolean {
    return this.usedSlots(instance) === 0
  }

  usedSlots(instance: number): number {
    let used = this.#models.slotsPerInstance[this.#instances.model[instance] as number] as number
    for (let gate = this.#firstGate(instance), end = gate + this.#gatesOf(instance); gate < end; gate++) {
      used -= countBits((this.#free[gate] as number) & OPEN_BITS)
    }
    return used
  }

  freeSlots(model: number): number {
    const free = this.#free
    const first = this.#models.gateFirst[model] as number
    const end = first + (this.#models.gates[model] as number)
    let count = 0
    for (let gate = first; gate < end; gate++) {
      const word = free[gate] as number
      // Of a wide instance most words are all free or all taken.
      if (word > 0) count += word === OPEN_BITS ? SLOTS_PER_GATE : countBits(word)
    }
    return count
  }

  #firstGate(instance: number): number {
    return this.#instances.gateFirst[instance] as number
  }

  #gatesOf(instance: number): number {
    return this.#models.gatesPerInstance[this.#instances.model[instance] as number] as number
  }

  /** A gate that has something to give, as far as a plain read can tell. */
  #openGate(model: number): number {
    const columns = this.#models
    if (this.#spreads(model)) return this.#roomiestGate(model)
    const free = this.#free
    const hint = this.#hints[model] as number
    const first = columns.gateFirst[model] as number
    const end = first + (columns.gates[model] as number)
    if (hint >= first && hint < end && (free[hint] as number) > 0) return hint
    for (let gate = first; gate < end; gate++) if ((free[gate] as number) > 0) return gate
    return -1
  }

  #spreads(model: number): boolean {
    return (this.#models.slotsPerInstance[model] as number) > 1 && (this.#models.instances[model] as number) > 1
  }

  #roomiestGate(model: number): number {
    const perInstance = this.#models.gatesPerInstance[model] as number
    const first = this.#models.gateFirst[model] as number
    const end = first + (this.#models.gates[model] as number)
    let best = -1
    let bestRoom = 0
    for (let at = first; at < end; at += perInstance) {
      let room = 0
      let open = -1
      for (let gate = at; gate < at + perInstance; gate++) {
        const word = this.#free[gate] as number
        if (word <= 0) continue
        room += countBits(word)
        open = gate
      }
      if (room <= bestRoom) continue
      best = open
      bestRoom = room
    }
    return best
  }
}

/** A word without its lowest `count` bits that are set. */
function withoutLowest(word: number, count: number): number {
  if (count >= countBits(word)) return 0
  let rest = word
  for (let cleared = 0; cleared < count; cleared++) rest &= rest - 1
  return rest
}

/** Bits set in a 32-bit word, by adding neighbours in parallel. */
function countBits(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555)
  const nibbles = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333)
  return Math.imul((nibbles + (nibbles >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}
