import { describe, expect, it } from 'vitest'
import { EVENTS } from '@symphony/interface'
import type { WatchHandle } from '@symphony/interface'
import { VirtualClock } from '@symphony/ports'
import { EventReader, EventRing } from '@symphony/shared-memory'
import { createStaleManager } from '@symphony/stale'
import type { StaleInit, StalePorts } from '@symphony/stale'

const made = (init: StaleInit = {}, ports: StalePorts = {}) => {
  const clock = new VirtualClock()
  const stale = createStaleManager({ watchesMax: 1_000, ...init }, { clock, ...ports })
  const told: number[] = []
  stale.onExpire('x', (id) => void told.push(id))
  return { clock, stale, told }
}

describe('a sweep', () => {
  it('publishes each expiry, and its own end only when something happened', () => {
    const events = new EventRing()
    const reader = new EventReader(events.region.buffer)
    const { clock, stale } = made({}, { events })
    stale.sweep(1)
    const handle = stale.watch({ kind: 'x', id: 7 }, { ttlMs: 10 })
    clock.advance(12)
    stale.sweep(1)
    const seen: unknown[] = []
    reader.read(({ type, subject, a, b }) => seen.push([type, subject, a, b]))
    expect(seen).toEqual([
      [EVENTS.ENTITY_EXPIRED, handle, 7, 2],
      [EVENTS.SWEEP_ENDED, 0, 1, 0],
    ])
  })

  it('gives policies their turn although there is always something due', () => {
    const { clock, stale } = made()
    stale.onExpire('slow', (id) => {
      clock.advance(1)
      stale.watch({ kind: 'slow', id }, { ttlMs: 0 })
    })
    for (let id = 0; id < 100; id++) stale.watch({ kind: 'slow', id }, { ttlMs: 0 })
    let isGone = false
    stale.addPolicy({
      name: 'one',
      pressureBytes: () => (isGone ? 0 : 1),
      candidates: () => [{ id: 'a', sizeBytes: 1, recomputeMs: 0, lastUsedAtMs: 0, reason: 'old' }],
      reclaim: () => (isGone = true),
    })
    stale.sweep(4)
    stale.sweep(4)
    expect(isGone).toBe(true)
  })

  it('goes on with a long list of candidates where the last slice stopped', () => {
    const { clock, stale } = made()
    const looked: number[] = []
    let left = 50
    stale.addPolicy({
      name: 'long',
      pressureBytes: () => left,
      *candidates() {
        for (let n = 0; n < 50; n++) yield { id: String(n), sizeBytes: 1, recomputeMs: 0, lastUsedAtMs: 0, reason: 'old' }
      },
      reclaim({ id }) {
        clock.advance(1)
        looked.push(Number(id))
        left--
        return true
      },
    })
    for (let sweeps = 0; left > 0 && sweeps < 30; sweeps++) expect(stale.sweep(4).more).toBe(left > 0)
    expect(looked).toEqual(Array.from({ length: 50 }, (_, n) => n))
  })

  it('counts what a policy let go before it threw', () => {
    const { stale } = made()
    stale.addPolicy({
      name: 'half',
      pressureBytes: () => 100,
      *candidates() {
        yield { id: 'a', sizeBytes: 5, recomputeMs: 0, lastUsedAtMs: 0, reason: 'old' }
        throw new Error('torn')
      },
      reclaim: () => true,
    })
    expect(stale.sweep(1)).toMatchObject({ reclaimed: 1, freedBytes: 5 })
    expect(stale.health()).toMatchObject({ status: 'degraded', reasons: ['policy "half" was skipped: torn'] })
  })

  it('asked for by a handler changes nothing', () => {
    const { clock, stale, told } = made()
    stale.onExpire('nested', () => void stale.sweep(1))
    stale.watch({ kind: 'nested', id: 1 }, { ttlMs: 1 })
    stale.watch({ kind: 'x', id: 2 }, { ttlMs: 1 })
    clock.advance(1)
    expect(stale.sweep(1).expired).toBe(2)
    expect(told).toEqual([2])
  })
})

describe('after start', () => {
  it('sweeps slice by slice with a timer of 0 ms in between, so that others get their turn', () => {
    const clock = new VirtualClock()
    const order: string[] = []
    // Time that passes while handlers run, seen by the manager but not by the timers.
    let spentMs = 0
    const shifted = { nowMs: () => clock.nowMs(), monotonicMs: () => clock.monotonicMs() + spentMs, schedule: (delayMs: number, run: () => void) => clock.schedule(delayMs, run) }
    const busy = createStaleManager({ watchesMax: 1_000, sweepBudgetMs: 3 }, { clock: shifted })
    busy.onExpire('slow', (id) => {
      order.push(`expired ${id}`)
      spentMs += 1
    })
    busy.start?.()
    for (let id = 0; id < 60; id++) busy.watch({ kind: 'slow', id }, { ttlMs: 10 })
    clock.schedule(10, () => order.push('foreground'))
    clock.advance(10)
    expect(order.filter((entry) => entry.startsWith('expired'))).toHaveLength(60)
    expect(order.indexOf('foreground')).toBeGreaterThan(0)
    expect(order.indexOf('foreground')).toBeLessThan(30)
    expect(clock.pendingTimers).toBe(0)
  })

  it('wakes earlier when something earlier is watched, and holds one timer at a time', () => {
    const { clock, stale, told } = made()
    stale.start?.()
    for (const ttlMs of [500, 50, 5, 5_000]) stale.watch({ kind: 'x', id: ttlMs }, { ttlMs })
    expect(clock.pendingTimers).toBe(1)
    expect(clock.nextDueMs()).toBe(5)
    clock.advance(10_000)
    expect(told).toEqual([5, 50, 500, 5_000])
    expect(clock.pendingTimers).toBe(0)
  })

  it('asks policies every so often', () => {
    const { clock, stale } = made({ policyEveryMs: 100 })
    let asked = 0
    stale.start?.()
    stale.addPolicy({ name: 'p', pressureBytes: () => (asked++, 0), candidates: () => [], reclaim: () => false })
    clock.advance(1_000)
    expect(asked).toBe(10)
    stale.stop?.()
    expect(clock.pendingTimers).toBe(0)
  })
})

describe('limits and health', () => {
  it('reads its init strictly', () => {
    expect(() => createStaleManager({ watches: 5 } as StaleInit)).toThrow(expect.objectContaining({ code: 'UNKNOWN_KEY' }))
    for (const init of [{ watchesMax: 0 }, { watchesMax: 1.5 }, { tickMs: 0.5 }, { sweepBudgetMs: Number.NaN }]) {
      expect(() => createStaleManager(init)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
    }
  })

  it('counts lateness and watches the heap', () => {
    const { clock, stale } = made({ heapBytesMax: 100 }, { memory: () => ({ heapUsedBytes: 101 }) })
    stale.watch({ kind: 'x', id: 1 }, { ttlMs: 10 })
    clock.advance(50)
    stale.sweep(1)
    const { latenessMsP99, heapUsedBytes, status } = stale.health()
    expect([heapUsedBytes, status]).toEqual([101, 'degraded'])
    expect(latenessMsP99).toBeGreaterThanOrEqual(40)
    expect(latenessMsP99).toBeLessThan(40 * (1 + 1 / 16))
  })

  it('gives a row up before one of its handles could mean two things', () => {
    const { stale } = made({ watchesMax: 2 })
    const { handle } = stale.region.tables.watches.columns
    handle[0] = Number.MAX_SAFE_INTEGER - 1
    const last = stale.watch({ kind: 'x', id: 1 }, { ttlMs: 10 })
    expect(last).toBe(Number.MAX_SAFE_INTEGER - 1)
    stale.unwatch(last)
    const next = stale.watch({ kind: 'x', id: 2 }, { ttlMs: 10 }) as WatchHandle
    expect(next).toBeLessThan(10)
    expect(() => stale.watch({ kind: 'x', id: 3 }, { ttlMs: 10 })).toThrow(expect.objectContaining({ code: 'CAPACITY_EXCEEDED' }))
  })
})
