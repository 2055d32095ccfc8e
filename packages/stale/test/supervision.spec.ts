import { describe, expect, it } from 'vitest'
import type { WatchHandle } from '@symphony/interface'
import { seededRandom, VirtualClock } from '@symphony/ports'
import { createStaleManager } from '@symphony/stale'
import type { RegionStaleManager, WheelBackend } from '@symphony/stale'

const KIND = 'entity'

interface Panics {
  readonly of: keyof WheelBackend
  readonly every: number
  readonly when: 'before' | 'after'
}

/** The manager's own, which throws at every so many-th call of one of its functions. */
function bent(own: WheelBackend, { of, every, when }: Panics, calls: { count: number; thrown: number }): WheelBackend {
  return new Proxy(own, {
    get(target, key) {
      const whole = (target[key as keyof WheelBackend] as (...given: readonly unknown[]) => unknown).bind(target)
      if (key !== of) return whole
      return (...given: readonly unknown[]): unknown => {
        if (++calls.count % every !== 0) return whole(...given)
        calls.thrown++
        if (when === 'after') whole(...given)
        throw new Error(`panics in ${of}`)
      }
    },
  })
}

describe('a backend of the manager that panics', () => {
  for (const of of ['add', 'move', 'remove', 'release', 'open', 'step', 'nextDueMs'] as const) {
    for (const when of ['before', 'after'] as const) {
      it(`in every so many-th ${of}, ${when} its effect: what is watched is told about once, in its time, and nothing else is`, () => {
        for (const every of [1, 3, 50]) {
          const clock = new VirtualClock()
          const random = seededRandom(every)
          const stale = createStaleManager({ watchesMax: 256 }, { clock })
          const due = new Map<number, number>()
          const handles = new Map<number, WatchHandle>()
          const told: number[] = []
          stale.onExpire(KIND, (id) => {
            // Neither early nor when it is not watched any more.
            expect(due.get(id)).toBeLessThanOrEqual(clock.monotonicMs())
            due.delete(id)
            handles.delete(id)
            told.push(id)
          })
          const calls = { count: 0, thrown: 0 }
          const attach = (): void => stale.attachBackend((own) => bent(own, { of, every, when }, calls))
          let panics = 0
          stale.onPanic(() => panics++)
          attach()
          stale.start?.()
          const dead: WatchHandle[] = []
          // Its time has come, and the manager failed when it was about to tell.
          const isOver = (id: number): boolean => (due.get(id) as number) <= clock.monotonicMs()
          for (let step = 0; step < 400; step++) {
            const chance = random.next()
            const [first] = due.keys()
            if (chance < 0.5 || first === undefined) {
              const ttlMs = Math.floor(random.next() ** 3 * 100_000)
              handles.set(step, stale.watch({ kind: KIND, id: step }, { ttlMs }))
              due.set(step, clock.monotonicMs() + ttlMs)
            } else if (chance < 0.65) {
              const ttlMs = Math.floor(random.next() * 1_000)
              if (stale.touch(handles.get(first) as WatchHandle, { ttlMs })) due.set(first, clock.monotonicMs() + ttlMs)
              else expect(isOver(first)).toBe(true)
            } else if (chance < 0.75) {
              const handle = handles.get(first) as WatchHandle
              dead.push(handle)
              if (stale.unwatch(handle)) {
                due.delete(first)
                handles.delete(first)
              } else expect(isOver(first)).toBe(true)
            } else clock.advance(Math.floor(random.next() * 300))
            for (const handle of dead) expect(stale.unwatch(handle)).toBe(false)
            if (stale.health().status !== 'quarantined' || random.next() < 0.3) continue
            expect(stale.reattach()).toBe(true)
            attach()
            // A failure that comes again and again leaves time for others.
            if (calls.thrown > 60) stale.attachBackend((own) => own)
          }
          stale.reattach()
          expect(stale.checkInvariants(1)).toBeUndefined()
          expect(stale.health().watched).toBe(due.size)
          clock.advance(200_000)
          expect(due.size).toBe(0)
          expect(new Set(told).size).toBe(told.length)
          expect(panics).toBeGreaterThan(every === 50 ? -1 : 0)
        }
      })
    }
  }
})

describe('a manager that is quarantined', () => {
  it('sweeps by itself as soon as it is well', () => {
    const clock = new VirtualClock()
    const stale = createStaleManager({}, { clock })
    const told: number[] = []
    stale.onExpire(KIND, (id) => void told.push(id))
    stale.start?.()
    stale.watch({ kind: KIND, id: 1 }, { ttlMs: 10 })
    stale.quarantine('a test says so')
    stale.watch({ kind: KIND, id: 2 }, { ttlMs: 5 })
    clock.advance(100)
    expect([told, stale.nextDueMs(), stale.sweep(10).expired]).toEqual([[], undefined, 0])
    stale.reattach()
    clock.advance(0)
    expect(told).toEqual([2, 1])
    expect(stale.health()).toMatchObject({ status: 'healthy', watched: 0, expired: 2 })
  })
})

describe('looking at what must always hold', () => {
  const writes: readonly (readonly [what: string, told: readonly number[], write: (region: RegionStaleManager['region']) => void])[] = [
    ['a link that leads elsewhere', [1, 2, 3], ({ tables }) => void (tables.nodes.columns.next[1] = 0)],
    ['a link that leads nowhere', [1, 2, 3], ({ tables }) => void (tables.nodes.columns.previous[0] = -7)],
    ['a list that is not marked', [1, 2, 3], ({ tables }) => void tables.occupied.columns.bits.fill(0)],
    ['a kind that is none', [1, 3], ({ tables }) => void (tables.watches.columns.kind[1] = 9)],
    ['a time that is none', [1, 3], ({ tables }) => void (tables.watches.columns.deadlineMs[1] = Number.NaN)],
    ['a count that is wrong', [1, 2, 3], ({ tables }) => void (tables.watches.line[3] = 77)],
  ]
  for (const [what, expected, write] of writes) {
    it(`finds ${what}, and what can still be told is told once`, () => {
      const clock = new VirtualClock()
      const stale = createStaleManager({ watchesMax: 64 }, { clock })
      const told: number[] = []
      stale.onExpire(KIND, (id) => void told.push(id))
      for (const id of [1, 2, 3]) stale.watch({ kind: KIND, id }, { ttlMs: id * 1_000 })
      expect(stale.checkInvariants(8)).toBeUndefined()
      write(stale.region)
      expect(stale.checkInvariants(8)).toBeTypeOf('string')
      expect(stale.health().status).toBe('quarantined')
      stale.reattach()
      expect(stale.checkInvariants(8)).toBeUndefined()
      clock.advance(10_000)
      stale.sweep(1_000)
      expect(told).toEqual(expected)
    })
  }
})
