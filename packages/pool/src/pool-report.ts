import type { ComponentHealth, InstanceReport, InstanceRow, InstanceStateName, ModelReport, PoolMetrics, SymphonyError } from '@symphony/interface'
import { INSTANCE_STATES } from '@symphony/interface'
import { Histogram } from '@symphony/shared-memory'
import type { Fleet } from './fleet.ts'
import { STATE_NAMES } from './life-cycle.ts'
import { SLOTS_PER_GATE } from './limits.ts'
import { measuredBytes } from './measured-bytes.ts'
import type { ModelEntry } from './model-entry.ts'
import { eachInstance } from './pool-core.ts'
import type { PoolCore } from './pool-core.ts'
import { COMPONENT, messageOf } from './pool-error.ts'
import type { WaitingRoom } from './waiting-room.ts'

/** A model and its instances now. */
export function reportModel(core: PoolCore, fleet: Fleet, entry: ModelEntry): ModelReport {
  const instances: InstanceReport[] = []
  let slotsUsed = 0
  eachInstance(entry, (instance) => {
    const report = reportInstance(core, fleet, entry, instance)
    slotsUsed += report.slotsUsed
    instances.push(report)
  })
  const { id, number, version, runner, slotsTotal } = entry
  return { id, number, version, runner: runner.kind, slotsTotal, slotsUsed, waiting: entry.waiting, instances }
}

function reportInstance(core: PoolCore, fleet: Fleet, entry: ModelEntry, instance: number): InstanceReport {
  const { state, failures, memoryBytes, loadMs, lastUsedAtMs } = core.region.tables.instances.columns
  const lastError = fleet.lastError(instance)
  const leasesTotal = countLeases(core, entry, instance).granted
  if (!entry.tracksUse && leasesTotal !== (core.leasesSeen[instance] ?? 0)) {
    core.leasesSeen[instance] = leasesTotal
    lastUsedAtMs[instance] = core.clock.monotonicMs()
  }
  return {
    row: instance as InstanceRow,
    state: STATE_NAMES[state[instance] as number] as InstanceStateName,
    slotsUsed: core.backend.usedSlots(instance),
    leasesTotal,
    failures: failures[instance] as number,
    memoryBytes: measuredBytes(core.loaded[instance]) || (memoryBytes[instance] as number),
    loadMs: loadMs[instance] as number,
    idleSinceMs: lastUsedAtMs[instance] as number,
    ...(lastError === undefined ? {} : { lastError: messageOf(lastError) }),
  }
}

/** Every lease raised its slot's token twice, once at its end: nobody has to count, whichever thread it was. */
function countLeases(core: PoolCore, entry: ModelEntry, instance: number): { readonly granted: number; readonly ended: number } {
  const firstGate = core.region.tables.instances.columns.gateFirst[instance] as number
  let granted = 0
  let ended = 0
  for (let index = 0; index < entry.slotsPerInstance; index++) {
    const slot = ((firstGate + Math.floor(index / SLOTS_PER_GATE)) << 5) | (index % SLOTS_PER_GATE)
    const token = core.backend.token(slot, core.backend.word(slot))
    granted += Math.ceil(token / 2)
    ended += Math.floor(token / 2)
  }
  return { granted, ended }
}

/** Figures of the whole pool. Walks over all slots: for people and scrapers, not for loops. */
export function poolMetrics(core: PoolCore, room: WaitingRoom, memoryBytesMax: number): PoolMetrics {
  const { words, tables } = core.region
  let granted = 0
  let ended = 0
  for (const entry of core.entries) {
    eachInstance(entry, (instance) => {
      const leases = countLeases(core, entry, instance)
      granted += leases.granted
      ended += leases.ended
    })
  }
  const expired = words.leasesExpired[0] as number
  const waits = new Histogram(tables.waits.columns.count)
  const loadTimes = new Histogram(tables.loads.columns.count)
  return {
    models: core.entries.length,
    leasesGranted: granted,
    leasesReleased: ended - expired,
    leasesExpired: expired,
    loads: words.loads[0] as number,
    loadFailures: words.loadFailures[0] as number,
    evictions: words.evictions[0] as number,
    waiting: room.size,
    memoryBytes: words.memoryBytes[0] as number,
    memoryBytesMax,
    hitRate: granted === 0 ? 0 : (granted - (words.leasesWaited[0] as number)) / granted,
    waitMsP50: waits.percentile(0.5) / 1_000,
    waitMsP99: waits.percentile(0.99) / 1_000,
    loadMsP50: loadTimes.percentile(0.5) / 1_000,
  }
}

/** How the pool feels, and why. */
export function poolHealth(core: PoolCore, fleet: Fleet, room: WaitingRoom, waitersMax: number, isClosed: boolean, panic: SymphonyError | undefined): ComponentHealth {
  if (isClosed) return { component: COMPONENT, status: 'closed', reasons: [] }
  if (panic !== undefined) return { component: COMPONENT, status: 'quarantined', reasons: [panic.message] }
  const reasons: string[] = []
  const { state } = core.region.tables.instances.columns
  for (const entry of core.entries) {
    let failed = 0
    eachInstance(entry, (instance) => {
      if (state[instance] === INSTANCE_STATES.FAILED) failed++
    })
    if (failed > 0) reasons.push(`${failed} of ${entry.instances} instances of "${entry.id}" failed; last: ${messageOf(entry.lastError)}`)
  }
  for (const id of fleet.shortModels) reasons.push(`"${id}" waits for memory; raise memoryBytesMax, or unpin a model`)
  if (room.size > waitersMax * 0.9) reasons.push(`${room.size} requests wait, ${waitersMax} may; add instances or raise waitersMax`)
  return { component: COMPONENT, status: reasons.length === 0 ? 'healthy' : 'degraded', reasons }
}
