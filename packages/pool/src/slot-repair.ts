import { SlotBackend } from './backend.ts'
import type { PoolRegion } from './layout.ts'
import { SLOTS_PER_GATE } from './limits.ts'

// What must hold of gates and slots: whoever's slot is leased, its bit is not set. The other way round, a slot that is neither leased nor
// free belongs to somebody for a moment only, while it changes hands.

/** Gates that may be in use. */
function gatesOf(region: PoolRegion): number {
  const { gates, gateFirst } = region.tables.models.columns
  let end = 0
  for (let model = 0; model < gates.length; model++) {
    if (gates[model] === 0) break
    end = Math.max(end, (gateFirst[model] as number) + (gates[model] as number))
  }
  return end
}

/** Bits of a gate that stand for a slot. */
function slotBits(region: PoolRegion, gate: number): number {
  const { models, instances, gates } = region.tables
  const instance = gates.columns.instance[gate] as number
  const model = instances.columns.model[instance] as number
  const before = (gate - (instances.columns.gateFirst[instance] as number)) * SLOTS_PER_GATE
  const slots = Math.min(SLOTS_PER_GATE, (models.columns.slotsPerInstance[model] as number) - before)
  return slots === SLOTS_PER_GATE ? 0x7fffffff : (1 << slots) - 1
}

/** Looks at so many gates from one on. @returns what does not hold */
export function slotProblem(region: PoolRegion, from: number, count: number): string | undefined {
  const { free, instance } = region.tables.gates.columns
  const { token } = region.tables.slots.columns
  const end = Math.min(gatesOf(region), from + count)
  for (let gate = from; gate < end; gate++) {
    const word = Atomics.load(free, gate)
    if ((word & 0x7fffffff & ~slotBits(region, gate)) !== 0) return `gate ${gate} of instance ${instance[gate]} has free slots that it has not`
    for (let bits = word & 0x7fffffff; bits !== 0; bits &= bits - 1) {
      const slot = (gate << 5) | (31 - Math.clz32(bits & -bits))
      const seen = Atomics.load(token, slot)
      // Another thread may have taken it between the two looks.
      if ((seen & 1) === 1 && (Atomics.load(free, gate) & (bits & -bits)) !== 0 && Atomics.load(token, slot) === seen) return `slot ${slot} of instance ${instance[gate]} is leased, and free`
    }
  }
  return undefined
}

/** Gates of the region, for who looks at them in parts. */
export function gateCount(region: PoolRegion): number {
  return gatesOf(region)
}

/**
 * Puts gates and slots in order under the pool's own backend. Leases of this thread that nobody got are ended; leased slots are not free;
 * and what is neither is free, unless other threads take part, to whom it may belong this very moment.
 *
 * @param handedOut by slot, the word of the lease somebody of this thread got; undefined when every lease is somebody's
 * @returns slots that were put right
 */
export function repairSlots(region: PoolRegion, handedOut: Int32Array | undefined, hasOthers: boolean): number {
  const own = new SlotBackend(region)
  const { free } = region.tables.gates.columns
  const { token, holder } = region.tables.slots.columns
  let repaired = 0
  for (let gate = 0, end = gatesOf(region); gate < end; gate++) {
    const all = slotBits(region, gate)
    Atomics.and(free, gate, all | (1 << 31))
    for (let bits = all; bits !== 0; bits &= bits - 1) {
      const bit = bits & -bits
      const slot = (gate << 5) | (31 - Math.clz32(bit))
      const word = Atomics.load(token, slot)
      const isFree = (Atomics.load(free, gate) & bit) !== 0
      if ((word & 1) === 1 && handedOut !== undefined && holder[slot] === 0 && handedOut[slot] !== word) {
        own.endLease(slot, word)
        if (!isFree) own.freeSlot(slot)
        repaired++
      } else if ((word & 1) === 1 && isFree) {
        Atomics.and(free, gate, ~bit)
        repaired++
      } else if ((word & 1) === 0 && !isFree && !hasOthers) {
        own.freeSlot(slot)
        repaired++
      }
    }
  }
  return repaired
}
