import type { Clock, ReclaimCandidate, ReclaimPolicy } from '@symphony/interface'
import { systemClock } from '@symphony/ports'
import { invalid } from './init.ts'
import { reachableFrom } from './reachability.ts'

/** One thing of a store, as far as retention needs to know it. */
export interface RetainedItem {
  readonly id: string
  readonly sizeBytes: number
  /** In the clock's `nowMs`. */
  readonly lastUsedAtMs: number
  /** How often it was used. Default 0. */
  readonly uses?: number
  /** What it would cost to have it again, ms. Default 0. */
  readonly recomputeMs?: number
  /** Class of worth: nothing of a higher one goes while something of a lower one may. Default 0. */
  readonly worth?: number
  readonly tags?: readonly string[]
}

/** The store behind a policy. */
export interface RetentionSource {
  usedBytes(): number
  items(): Iterable<RetainedItem>
  /** Leased, pinned, held or running right now: asked again in the moment before it goes. */
  isLive(id: string): boolean
  /** Lets it go for good. False when that is not possible now. Has to be atomic: gone or as before. */
  remove(id: string): boolean
  /** Where reachability begins; everything reachable from here stays. Default: reachability plays no part. */
  roots?(): Iterable<string>
  links?(id: string): Iterable<string>
  /** Copies it elsewhere and reads it back. False when the copy is not there or not the same. */
  archive?(id: string): boolean
}

export interface RetentionInit {
  readonly name: string
  readonly source: RetentionSource
  /** Pressure begins above this... */
  readonly highWaterBytes: number
  /** ...and ends at or below this. Default: 90 % of the high-water mark. */
  readonly lowWaterBytes?: number
  /** Only what was not used for so long may go. Default 0. */
  readonly unusedForMs?: number
  /** Only what was used fewer times may go. Default: anything. */
  readonly usesBelow?: number
  /** What has one of these tags stays. */
  readonly keepTags?: readonly string[]
  /** Who goes first within a class of worth. Default `oldest`. */
  readonly order?: 'oldest' | 'least-used' | 'cheapest'
  /** Nothing goes before `source.archive` has said yes. Default false. */
  readonly archive?: boolean
}

/**
 * A policy over any store: from the high-water mark down to the low-water mark, the least worth first; never what is live,
 * tagged to stay or reachable; archived first if asked.
 *
 * @throws SymphonyError `INVALID_ARGUMENT`
 * @example
 * stale.addPolicy(retentionPolicy({ name: 'results', source, highWaterBytes: 2 ** 30, order: 'cheapest' }))
 */
export function retentionPolicy(init: RetentionInit, ports: { readonly clock?: Clock } = {}): ReclaimPolicy {
  const lowWaterBytes = init.lowWaterBytes ?? init.highWaterBytes * 0.9
  checkInit(init, lowWaterBytes)
  const { source } = init
  const clock = ports.clock ?? systemClock
  let isAboveLow = false
  return {
    name: init.name,
    pressureBytes() {
      const usedBytes = source.usedBytes()
      // Two marks, so that a store at its limit is not swept for every single byte.
      isAboveLow = usedBytes > init.highWaterBytes || (isAboveLow && usedBytes > lowWaterBytes)
      return isAboveLow ? usedBytes - lowWaterBytes : 0
    },
    candidates: () => candidatesOf(init, clock.nowMs()),
    reclaim(candidate) {
      if (source.isLive(candidate.id)) return false
      if (init.archive === true && source.archive?.(candidate.id) !== true) return false
      return source.remove(candidate.id)
    },
  }
}

function checkInit(init: RetentionInit, lowWaterBytes: number): void {
  if (!(init.highWaterBytes >= 0) || !(lowWaterBytes >= 0) || lowWaterBytes > init.highWaterBytes) {
    throw invalid(`Policy "${init.name}" needs 0 <= lowWaterBytes <= highWaterBytes, not ${lowWaterBytes} and ${String(init.highWaterBytes)}.`)
  }
  if (init.archive === true && init.source.archive === undefined) throw invalid(`Policy "${init.name}" archives first, but its source has no archive().`)
}

function* candidatesOf(init: RetentionInit, nowMs: number): Generator<ReclaimCandidate> {
  const { source, unusedForMs = 0, usesBelow = Infinity } = init
  const keepTags = new Set(init.keepTags)
  const reachable = source.roots === undefined ? undefined : reachableFrom(source.roots(), (id) => source.links?.(id) ?? [])
  const mayGo = (item: RetainedItem): boolean =>
    nowMs - item.lastUsedAtMs >= unusedForMs &&
    (item.uses ?? 0) < usesBelow &&
    !(item.tags?.some((tag) => keepTags.has(tag)) ?? false) &&
    !(reachable?.has(item.id) ?? false) &&
    !source.isLive(item.id)
  const compare = COMPARE[init.order ?? 'oldest']
  const items = [...source.items()].filter(mayGo).sort((a, b) => (a.worth ?? 0) - (b.worth ?? 0) || compare(a, b) || (a.id < b.id ? -1 : 1))
  for (const item of items) {
    const idleMs = nowMs - item.lastUsedAtMs
    const reason = `above ${init.highWaterBytes} bytes; worth ${item.worth ?? 0}, unused for ${Math.round(idleMs)} ms, used ${item.uses ?? 0} times`
    yield { id: item.id, sizeBytes: item.sizeBytes, recomputeMs: item.recomputeMs ?? 0, lastUsedAtMs: item.lastUsedAtMs, reason }
  }
}

const COMPARE: Readonly<Record<NonNullable<RetentionInit['order']>, (a: RetainedItem, b: RetainedItem) => number>> = {
  oldest: (a, b) => a.lastUsedAtMs - b.lastUsedAtMs,
  'least-used': (a, b) => (a.uses ?? 0) - (b.uses ?? 0) || a.lastUsedAtMs - b.lastUsedAtMs,
  // The time it takes to have a byte again: big things that are quickly remade go first.
  cheapest: (a, b) => costPerByte(a) - costPerByte(b) || a.lastUsedAtMs - b.lastUsedAtMs,
}

function costPerByte(item: RetainedItem): number {
  return (item.recomputeMs ?? 0) / Math.max(1, item.sizeBytes)
}
