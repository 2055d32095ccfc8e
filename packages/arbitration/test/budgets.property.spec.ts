import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createArbitrationEngine } from '@symphony/arbitration'
import type { Grant, Lsn, ModelNumber, Settlement } from '@symphony/interface'
import { VirtualClock } from '@symphony/ports'
import { recordingLog } from './recording-log.ts'

const WINDOW_MS = 1_000
const MEMORY_BYTES = 100
const TENANTS = ['a', 'b', 'c'] as const

type Step =
  | { readonly type: 'submit'; readonly tenant: number; readonly cents: number; readonly bytes: number; readonly priority: number; readonly model: number }
  | { readonly type: 'next'; readonly model: number }
  | { readonly type: 'settle'; readonly which: number; readonly part: number; readonly outcome: Settlement['outcome'] }
  | { readonly type: 'withdraw'; readonly which: number }
  | { readonly type: 'advance'; readonly byMs: number }

const model = fc.nat(1)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ type: fc.constant('submit' as const), tenant: fc.nat(2), cents: fc.nat(60), bytes: fc.nat(MEMORY_BYTES), priority: fc.nat(2), model }) },
  { weight: 5, arbitrary: fc.record({ type: fc.constant('next' as const), model }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('settle' as const), which: fc.nat(), part: fc.double({ min: 0, max: 1, noNaN: true }), outcome: fc.constantFrom('succeeded' as const, 'failed' as const, 'cancelled' as const) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('withdraw' as const), which: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('advance' as const), byMs: fc.nat(700) }) },
)

/** The engine beside sums kept by hand, in cents. */
class Bench {
  readonly clock = new VirtualClock()
  readonly recorded = recordingLog()
  readonly init = { memoryBytesMax: MEMORY_BYTES, requestsMax: 64, passedOverMax: 3 }
  readonly engine = createArbitrationEngine(this.init, { clock: this.clock, log: this.recorded.log })
  readonly limits: Readonly<Record<string, number>> = { a: 100, b: 60, '*': 120 }
  readonly running: (Grant & { readonly cents: number; readonly bytes: number })[] = []
  readonly wanted = new Map<number, { readonly cents: number; readonly bytes: number }>()
  readonly waiting: number[] = []
  spent: { readonly tenant: string; readonly cents: number; readonly atMs: number }[] = []

  constructor() {
    this.engine.budget({ tenant: 'a', limitUsd: 1, windowMs: WINDOW_MS })
    this.engine.budget({ tenant: 'b', limitUsd: 0.6, windowMs: WINDOW_MS })
    this.engine.budget({ tenant: '*', limitUsd: 1.2, windowMs: WINDOW_MS })
  }

  run(step: Step): void {
    if (step.type === 'advance') this.clock.advance(step.byMs)
    else if (step.type === 'submit') this.#submit(step)
    else if (step.type === 'next') this.#next(step.model as ModelNumber)
    else if (step.type === 'settle') this.#settle(step.which, step.part, step.outcome)
    else if (this.waiting.length > 0) {
      const [ticket] = this.waiting.splice(step.which % this.waiting.length, 1) as [number]
      expect(this.engine.withdraw(ticket as never)).toBe(true)
    }
    this.check()
  }

  #submit({ tenant, cents, bytes, priority, model: number }: Extract<Step, { type: 'submit' }>): void {
    if (this.running.length + this.waiting.length === this.init.requestsMax) return
    const ticket = this.engine.submit({ model: number as ModelNumber, tenant: TENANTS[tenant] as string, costUsd: cents / 100, memoryBytes: bytes, priority, tag: 0 })
    this.wanted.set(ticket, { cents, bytes })
    this.waiting.push(ticket)
  }

  #next(number: ModelNumber): void {
    const grant = this.engine.next(number)
    if (grant === undefined) return
    const at = this.waiting.indexOf(grant.ticket)
    expect(at, 'only what waits is granted, and once').toBeGreaterThanOrEqual(0)
    this.waiting.splice(at, 1)
    const { cents, bytes } = this.wanted.get(grant.ticket) as { cents: number; bytes: number }
    this.running.push({ ...grant, cents, bytes })
  }

  #settle(which: number, part: number, outcome: Settlement['outcome']): void {
    if (this.running.length === 0) return
    const [grant] = this.running.splice(which % this.running.length, 1) as [Grant & { readonly cents: number; readonly bytes: number }]
    const cents = Math.floor(grant.cents * part)
    expect(this.engine.settle(grant, { outcome, costUsd: cents / 100 })).toBe(true)
    expect(this.engine.settle(grant, { outcome, costUsd: cents / 100 })).toBe(false)
    this.spent.push({ tenant: grant.tenant, cents, atMs: this.clock.nowMs() })
  }

  check(): void {
    const windowStartMs = Math.floor(this.clock.nowMs() / WINDOW_MS) * WINDOW_MS
    const sum = (tenant: string, entries: readonly { readonly tenant: string; readonly cents: number }[]): number =>
      entries.reduce((total, entry) => (tenant === '*' || entry.tenant === tenant ? total + entry.cents : total), 0)
    for (const { tenant, limitUsd, spentUsd, reservedUsd } of this.engine.budgets()) {
      expect(spentUsd).toBe(sum(tenant, this.spent.filter(({ atMs }) => atMs >= windowStartMs)) / 100)
      expect(reservedUsd).toBe(sum(tenant, this.running) / 100)
      expect(spentUsd + reservedUsd).toBeLessThanOrEqual(limitUsd + 1e-9)
    }
    expect(this.running.reduce((bytes, grant) => bytes + grant.bytes, 0)).toBeLessThanOrEqual(MEMORY_BYTES)
    expect(this.engine.metrics()).toMatchObject({ running: this.running.length, waiting: this.waiting.length })
  }
}

describe('hard limits', () => {
  it('are never exceeded by 64 interleaved requests, and every cent is accounted for', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 150 }), (steps) => {
        const bench = new Bench()
        for (const one of steps) bench.run(one)
        // Whatever happened: once all is settled and a window has passed, everything that waits gets through.
        for (let rounds = 0; bench.running.length + bench.waiting.length > 0; rounds++) {
          expect(rounds).toBeLessThan(1_000)
          while (bench.running.length > 0) bench.run({ type: 'settle', which: 0, part: 1, outcome: 'succeeded' })
          bench.run({ type: 'next', model: 0 })
          bench.run({ type: 'next', model: 1 })
          if (bench.running.length === 0) bench.run({ type: 'advance', byMs: WINDOW_MS })
        }
        expect(bench.engine.budgets().map(({ reservedUsd }) => reservedUsd)).toEqual([0, 0, 0])
      }),
      { numRuns: 200 },
    )
  })

  it('are the same after replay of the log, from any point of it', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 20, maxLength: 100 }), fc.double({ min: 0, max: 1, noNaN: true }), (steps, at) => {
        const bench = new Bench()
        for (const one of steps) bench.run(one)
        const { commands } = bench.recorded
        const cut = Math.floor(commands.length * at)
        const replay = (engine: typeof bench.engine, from: number, to: number): typeof bench.engine => {
          for (let n = from; n < to; n++) engine.applyCommand((commands[n] as { type: number }).type, (commands[n] as { body: Uint8Array }).body, (n + 1) as Lsn)
          return engine
        }
        const make = (): typeof bench.engine => createArbitrationEngine(bench.init, { clock: bench.clock })
        const half = replay(make(), 0, cut)
        const other = make()
        other.restore(half.snapshot())
        expect(replay(other, cut, commands.length).snapshot()).toEqual(bench.engine.snapshot())
        expect(replay(make(), 0, commands.length).snapshot()).toEqual(bench.engine.snapshot())
      }),
      { numRuns: 50 },
    )
  })
})
