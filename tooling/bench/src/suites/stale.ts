import type { Clock, StaleManager } from '@symphony/interface'
import { systemClock } from '@symphony/ports'
import { createStaleManager } from '@symphony/stale'
import { LRUCache } from 'lru-cache'
import NodeCache from 'node-cache'
import type { Benchmark, Contestant, Prepared } from '../benchmark.ts'

const BATCH = 20_000
const MILLION = 1_000_000
const KIND = 'entry'

const lruSetAndDelete: Contestant = {
  name: 'lru-cache, set + delete',
  setup() {
    const cache = new LRUCache<number, number>({ max: BATCH, ttl: 60_000 })
    // Deleting the only entry would clear whole tables each time; with another one beside it, it is a deletion.
    cache.set(-1, -1)
    return {
      run() {
        for (let id = 0; id < BATCH; id++) {
          cache.set(id, id)
          cache.delete(id)
        }
        return BATCH
      },
    }
  },
}

const nodeCacheSetAndDelete: Contestant = {
  name: 'node-cache, set + del',
  setup() {
    const cache = new NodeCache({ stdTTL: 60, useClones: false, checkperiod: 0 })
    return {
      run() {
        for (let id = 0; id < BATCH; id++) {
          cache.set(id, id)
          cache.del(id)
        }
        return BATCH
      },
      dispose: () => cache.close(),
    }
  },
}

function scheduleAndCancel(): Prepared {
  const stale = createStaleManager()
  stale.onExpire(KIND, () => {})
  return {
    run() {
      for (let id = 0; id < BATCH; id++) stale.unwatch(stale.watch({ kind: KIND, id }, { ttlMs: 30_000 }))
      return BATCH
    },
    dispose: () => stale.close(),
  }
}

/** Time stands still while a million entries are put in, then jumps past all of them and runs on as the machine's. */
function expireMillion(figureOf: (sweep: () => boolean) => number): Prepared {
  let stale: StaleManager
  let expired = 0
  let isDue = false
  const clock: Clock = { ...systemClock, monotonicMs: () => (isDue ? 20_000 + systemClock.monotonicMs() : 0), schedule: () => () => {} }
  return {
    prepare() {
      isDue = false
      expired = 0
      stale = createStaleManager({}, { clock })
      stale.onExpire(KIND, () => void expired++)
      for (let id = 0; id < MILLION; id++) stale.watch({ kind: KIND, id }, { ttlMs: 1000 })
      // The stall to be measured is that of a sweep, not of collecting what putting a million entries in has left.
      globalThis.gc?.()
      isDue = true
    },
    run() {
      const figure = figureOf(() => stale.sweep(1).more)
      if (expired !== MILLION) throw new Error(`${expired} of a million entries expired`)
      return figure
    },
    dispose: () => stale.close(),
  }
}

function sweepAll(sweep: () => boolean): number {
  while (sweep()) {
    // Slice after slice of a millisecond.
  }
  return MILLION
}

function longestSlice(sweep: () => boolean): number {
  let longestMs = 0
  for (let more = true; more; ) {
    const startedAtMs = performance.now()
    more = sweep()
    longestMs = Math.max(longestMs, performance.now() - startedAtMs)
  }
  return longestMs
}

const lruSweep: Contestant = {
  name: 'lru-cache, one purge',
  setup() {
    let nowMs = 1
    let cache: LRUCache<number, number>
    return {
      prepare() {
        cache = new LRUCache({ max: MILLION, ttl: 1000, ttlResolution: 0, perf: { now: () => nowMs } })
        for (let id = 0; id < MILLION; id++) cache.set(id, id)
        nowMs += 10_000
      },
      run() {
        cache.purgeStale()
        if (cache.size > 0) throw new Error('entries were left')
        return MILLION
      },
    }
  },
}

export const benchmarks: readonly Benchmark[] = [
  { group: 'Stale', name: 'schedule and cancel a deadline', unit: 'op/s', bar: 5e6, setup: scheduleAndCancel, peers: [lruSetAndDelete, nodeCacheSetAndDelete] },
  { group: 'Stale', name: '1 M entries expire, in slices of 1 ms', unit: 'op/s', bar: 3e6, setup: () => expireMillion(sweepAll), peers: [lruSweep] },
  { group: 'Stale', name: 'longest stall while 1 M entries expire', unit: 'ms', bar: 2, setup: () => expireMillion(longestSlice) },
]
