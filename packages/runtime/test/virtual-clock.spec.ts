import { describe, expect, it } from 'vitest'
import { seededRandom, VirtualClock } from '@symphony/ports'

interface Expected {
  readonly dueMs: number
  readonly order: number
  readonly name: number
}

describe('the virtual clock', () => {
  it('runs what is due in the order of its time, and what is due at one time in the order in which it was set', () => {
    for (let seed = 0; seed < 200; seed++) {
      const random = seededRandom(seed)
      const pick = (below: number): number => Math.floor(random.next() * below)
      const clock = new VirtualClock()
      const ran: [number, number][] = []
      const expected: [number, number][] = []
      let open: (Expected & { readonly cancel: () => void })[] = []
      for (let step = 0; step < 400; step++) {
        const what = pick(10)
        if (what < 6) {
          const delayMs = pick(20)
          open.push({ dueMs: clock.monotonicMs() + delayMs, order: step, name: step, cancel: clock.schedule(delayMs, () => ran.push([clock.monotonicMs(), step])) })
        } else if (what < 9 && open.length > 0) {
          // Most are cancelled: timeouts of tasks that were in time.
          const [gone] = open.splice(pick(open.length), 1)
          gone!.cancel()
          gone!.cancel()
        } else {
          const untilMs = clock.monotonicMs() + pick(6)
          const due = open.filter(({ dueMs }) => dueMs <= untilMs).sort((a, b) => a.dueMs - b.dueMs || a.order - b.order)
          for (const { dueMs, name } of due) expected.push([dueMs, name])
          open = open.filter(({ dueMs }) => dueMs > untilMs)
          clock.advance(untilMs - clock.monotonicMs())
        }
        expect(clock.pendingTimers).toBe(open.length)
      }
      expect(ran).toEqual(expected)
    }
  })

  it('goes to the next timer, also one that is set on the way, and says when there is none', () => {
    const clock = new VirtualClock()
    const ran: number[] = []
    clock.schedule(10, () => {
      ran.push(clock.monotonicMs())
      clock.schedule(0, () => ran.push(clock.monotonicMs()))
      clock.schedule(5, () => ran.push(clock.monotonicMs()))
    })
    expect([clock.nextDueMs(), clock.advanceToNext(), [...ran]]).toEqual([10, true, [10, 10]])
    expect([clock.nextDueMs(), clock.advanceToNext(), [...ran]]).toEqual([15, true, [10, 10, 15]])
    expect([clock.nextDueMs(), clock.advanceToNext(), clock.monotonicMs()]).toEqual([undefined, false, 15])
  })

  it('shows another time on the wall when that is set, and goes on as before', () => {
    const clock = new VirtualClock(1_000_000)
    const ran: number[] = []
    clock.schedule(10, () => ran.push(clock.nowMs()))
    clock.jump(5_000)
    clock.advance(9)
    expect([clock.nowMs(), clock.monotonicMs(), ran]).toEqual([1_005_009, 9, []])
    clock.jump(-20_000)
    clock.advance(1)
    expect([clock.nowMs(), clock.monotonicMs(), ran]).toEqual([985_010, 10, [985_010]])
  })
})
