import { TABLE_LINE } from '@symphony/shared-memory'
import type { Table } from '@symphony/shared-memory'
import type { PoolRegion } from './layout.ts'
import { SLOTS_PER_GATE } from './limits.ts'
import { tablesFull } from './model-entry.ts'
import type { ModelEntry } from './model-entry.ts'

/**
 * Gives a model its rows: one in `models`, consecutive ones in `instances`, `gates` and `slots`. Models are never unregistered,
 * so rows are only ever handed out. All or nothing.
 *
 * @throws SymphonyError `CAPACITY_EXCEEDED`
 */
export function reserveRows(region: PoolRegion, entry: ModelEntry): void {
  const { models, instances, gates, slots } = region.tables
  const gateCount = entry.instances * entry.gatesPerInstance
  const needs: readonly (readonly [table: Table, count: number])[] = [[models, 1], [instances, entry.instances], [gates, gateCount], [slots, gateCount * 32]]
  for (const [table, count] of needs) {
    const room = table.rows - (table.line[TABLE_LINE.USED] as number)
    if (count > room) throw tablesFull(entry.id, table.name, count, room)
  }
  const gateFirst = gates.line[TABLE_LINE.USED] as number
  for (const [table, count] of needs) {
    table.line[TABLE_LINE.USED]! += count
    table.line[TABLE_LINE.LIVE]! += count
  }
  models.columns.instanceFirst[entry.number] = entry.instanceFirst
  models.columns.instances[entry.number] = entry.instances
  models.columns.slotsPerInstance[entry.number] = entry.slotsPerInstance
  models.columns.gatesPerInstance[entry.number] = entry.gatesPerInstance
  models.columns.gateFirst[entry.number] = gateFirst
  for (let index = 0; index < entry.instances; index++) {
    instances.columns.model[entry.instanceFirst + index] = entry.number
    instances.columns.gateFirst[entry.instanceFirst + index] = gateFirst + index * entry.gatesPerInstance
  }
  shutGates(region, entry, gateFirst)
  // Last, because it is what other threads look at: a model with gates has all of the rest.
  Atomics.store(models.columns.gates, entry.number, gateCount)
}

/** Every slot is free, and every gate closed: nothing is loaded yet. */
function shutGates(region: PoolRegion, entry: ModelEntry, gateFirst: number): void {
  const { free, instance } = region.tables.gates.columns
  for (let index = 0; index < entry.instances * entry.gatesPerInstance; index++) {
    const before = (index % entry.gatesPerInstance) * SLOTS_PER_GATE
    const slots = Math.min(SLOTS_PER_GATE, entry.slotsPerInstance - before)
    instance[gateFirst + index] = entry.instanceFirst + Math.floor(index / entry.gatesPerInstance)
    free[gateFirst + index] = (1 << 31) | (slots === SLOTS_PER_GATE ? 0x7fffffff : (1 << slots) - 1)
  }
}
