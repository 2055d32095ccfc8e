import type { PoolBackend, PoolRegion } from '@symphony/pool'

type Bug = (backend: PoolBackend, region: PoolRegion) => Partial<PoolBackend>

/** Each is a mistake somebody could make when moving the backend to another language. The stream has to find every one. */
export const POOL_BUGS: Readonly<Record<string, Bug>> = {
  'a slot that is taken stays free': (backend, { tables }) => ({
    takeSlot(model) {
      const slot = backend.takeSlot(model)
      if (slot >= 0) tables.gates.columns.free[slot >> 5]! |= 1 << (slot & 31)
      return slot
    },
  }),
  'the last slot of a gate is never given': (backend) => ({
    takeSlots: (model, slots, words, count) => backend.takeSlots(model, slots, words, Math.min(count, 30)),
  }),
  'a lease has nobody as its holder': (backend, { tables }) => ({
    relet(slot) {
      backend.relet(slot)
      tables.slots.columns.holder[slot] = 0
    },
  }),
  'the wrap of a word is not counted': (backend, { tables }) => ({
    endLease(slot, word) {
      const era = tables.slots.columns.era[slot] as number
      const hasEnded = backend.endLease(slot, word)
      tables.slots.columns.era[slot] = era
      return hasEnded
    },
  }),
  'the wrap is counted when a lease begins, not when it ends': (backend, { tables }) => ({
    takeBack(slot) {
      const era = tables.slots.columns.era[slot] as number
      const word = backend.takeBack(slot)
      if (word === -1) tables.slots.columns.era[slot] = era
      return word
    },
  }),
  'a former lease ends the next one': (backend) => ({ endLease: (slot, word) => backend.endLease(slot, word) || backend.takeBack(slot) !== 0 }),
  'an instance opens when a slot comes back': (backend, { tables }) => ({
    freeSlot(slot) {
      const isClosed = backend.freeSlot(slot)
      tables.gates.columns.free[slot >> 5]! &= 0x7fffffff
      return isClosed
    },
  }),
  'nobody hears that the instance is closed': (backend) => ({
    freeSlot(slot) {
      backend.freeSlot(slot)
      return false
    },
  }),
  'of a wide instance only the first gate is closed': (backend, { tables }) => ({
    closeInstance(instance) {
      const { gateFirst } = tables.instances.columns
      const second = (gateFirst[instance] as number) + 1
      const word = tables.gates.columns.free[second]
      backend.closeInstance(instance)
      if (word !== undefined && tables.gates.columns.instance[second] === instance) tables.gates.columns.free[second] = word
    },
  }),
  'slots in use are counted without the closed ones': (backend, { tables }) => ({
    usedSlots: (instance) => ((tables.gates.columns.free[tables.instances.columns.gateFirst[instance] as number] as number) < 0 ? 0 : backend.usedSlots(instance)),
  }),
  'where calls should spread, they pile up': (backend, { tables }) => ({
    takeSlot(model) {
      const first = tables.models.columns.gateFirst[model] as number
      const gate = [first, first + 1].find((at) => at < first + (tables.models.columns.gates[model] as number) && (tables.gates.columns.free[at] as number) > 0)
      const hidden = gate === undefined ? 0 : (tables.gates.columns.free[gate] as number)
      if (gate === undefined || hidden === (hidden & -hidden)) return backend.takeSlot(model)
      tables.gates.columns.free[gate] = hidden & (hidden - 1)
      const slot = backend.takeSlot(model)
      tables.gates.columns.free[gate]! |= hidden & -hidden
      return slot
    },
  }),
  'the word of a batch is that of its first slot': (backend) => ({
    takeSlots(model, slots, words, count) {
      const taken = backend.takeSlots(model, slots, words, count)
      if (taken > 1) words[1] = (words[0] as number) ^ 2
      return taken
    },
  }),
}

/** Those that the plain rules find when both sides have them. The others are about bytes whose meaning the rules do not know. */
export const POOL_BUGS_FOUND_BY_RULES: readonly string[] = [
  'a slot that is taken stays free', 'the last slot of a gate is never given', 'a former lease ends the next one', 'nobody hears that the instance is closed', 'slots in use are counted without the closed ones',
]
