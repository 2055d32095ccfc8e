import { INSTANCE_STATES } from '@symphony/interface'
import { eachInstance } from './pool-core.ts'
import type { PoolCore } from './pool-core.ts'
import type { ModelEntry } from './model-entry.ts'

/** What it would cost to lose an instance: the time to load it again, the likelier to be needed the fresher its last use, a byte. */
export function keepingValue(loadMs: number, idleMs: number, memoryBytes: number): number {
  // Even what loads in no time should go oldest first, so a load counts as a millisecond at least.
  return Math.max(loadMs, 1) / (1 + Math.max(idleMs, 0)) / memoryBytes
}

/**
 * The idle instances to unload so that `bytes` become free, cheapest to lose first; undefined when even all that may go
 * would not do, because then nothing should go in vain.
 *
 * In the spirit of GreedyDual-Size (Cao and Irani, 1997): cost of bringing it back, divided by size, ageing with time. Loads
 * take milliseconds at least, so looking at every instance is fine; a hit never comes here.
 *
 * @param wanting the model that needs the room; its own instances stay
 */
export function chooseVictims(core: PoolCore, bytes: number, wanting: ModelEntry): readonly number[] | undefined {
  const nowMs = core.clock.monotonicMs()
  const { lastUsedAtMs, loadMs, memoryBytes } = core.region.tables.instances.columns
  const candidates: { readonly instance: number; readonly value: number }[] = []
  for (const entry of core.entries) {
    if (entry === wanting || entry.isPinned || entry.memoryBytes === 0) continue
    // Of each model only as many as it may lose, and the cheapest of them.
    const own: { readonly instance: number; readonly value: number }[] = []
    eachInstance(entry, (instance) => {
      if (!isEvictable(core, instance)) return
      const value = keepingValue(loadMs[instance] as number, nowMs - (lastUsedAtMs[instance] as number), memoryBytes[instance] as number)
      own.push({ instance, value })
    })
    own.sort((a, b) => a.value - b.value)
    candidates.push(...own.slice(0, Math.max(0, entry.hot - entry.instancesMin)))
  }
  candidates.sort((a, b) => a.value - b.value)
  const victims: number[] = []
  let freed = 0
  for (const { instance } of candidates) {
    if (freed >= bytes) break
    victims.push(instance)
    freed += memoryBytes[instance] as number
  }
  return freed >= bytes ? victims : undefined
}

function isEvictable(core: PoolCore, instance: number): boolean {
  return core.region.tables.instances.columns.state[instance] === INSTANCE_STATES.HOT && core.backend.isIdle(instance)
}
