import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createArbitrationEngine } from '@symphony/arbitration'
import type { ArbitrationInit, FairArbitrationEngine } from '@symphony/arbitration'
import { SETTLEMENT_OUTCOMES } from '@symphony/interface'
import type { AdmissionBatch, ModelNumber, Settlement, Ticket } from '@symphony/interface'
import { VirtualClock } from '@symphony/ports'

const TENANTS = ['a', 'b', 'c', 'd']
const OUTCOMES: readonly Settlement['outcome'][] = ['succeeded', 'failed', 'cancelled']
const init: ArbitrationInit = {
  weights: { b: 2, c: 5 },
  rates: [{ tenant: 'd', callsPerSecond: 20, burst: 3 }],
  requestsMax: 24,
  decisionsKept: 64,
  halfLifeMs: 2_000,
  breaker: { failures: 2, restMs: 150 },
}

interface Wish {
  readonly tenant: number
  readonly priority: number
  readonly score: number
}

type Step =
  | { readonly do: 'admit'; readonly model: number; readonly wishes: readonly Wish[] }
  | { readonly do: 'submit'; readonly model: number; readonly wish: Wish }
  | { readonly do: 'line'; readonly model: number; readonly wishes: readonly Wish[] }
  | { readonly do: 'next'; readonly model: number }
  | { readonly do: 'grant'; readonly model: number; readonly count: number }
  | { readonly do: 'withdraw'; readonly which: number }
  | { readonly do: 'settle'; readonly whiches: readonly number[]; readonly outcome: number; readonly durationMs: number; readonly isOne: boolean }
  | { readonly do: 'wait'; readonly forMs: number }

const model = fc.integer({ min: 0, max: 1 })
const wish = fc.record({ tenant: fc.nat(TENANTS.length - 1), priority: fc.integer({ min: -1, max: 1 }), score: fc.integer({ min: 0, max: 3 }) })
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('admit' as const), model, wishes: fc.array(wish, { maxLength: 6 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('submit' as const), model, wish }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('line' as const), model, wishes: fc.array(wish, { maxLength: 6 }) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('grant' as const), model, count: fc.nat(5) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('next' as const), model }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('withdraw' as const), which: fc.nat(100) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('settle' as const),
      whiches: fc.array(fc.nat(100), { maxLength: 5 }),
      outcome: fc.nat(2),
      durationMs: fc.integer({ min: 0, max: 80 }),
      isOne: fc.boolean(),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), forMs: fc.integer({ min: 0, max: 300 }) }) },
)

/** The engine under test, by batches, and a second one that is told the same one by one. */
class Pair {
  readonly clock = new VirtualClock()
  readonly batched: FairArbitrationEngine
  readonly single: FairArbitrationEngine
  readonly running: Ticket[] = []
  #tag = 0

  constructor(more: ArbitrationInit = {}) {
    this.batched = createArbitrationEngine({ ...init, ...more }, { clock: this.clock })
    this.single = createArbitrationEngine({ ...init, ...more }, { clock: this.clock })
    for (const name of TENANTS) expect(this.batched.tenantNumber(name)).toBe(this.single.tenantNumber(name))
  }

  take(step: Step): void {
    if (step.do === 'wait') this.clock.advance(step.forMs)
    else if (step.do === 'admit') this.#admit(step.model as ModelNumber, step.wishes)
    else if (step.do === 'submit') this.#submit(step.model as ModelNumber, step.wish)
    else if (step.do === 'line') this.#line(step.model as ModelNumber, step.wishes)
    else if (step.do === 'grant') this.#grant(step.model as ModelNumber, step.count)
    else if (step.do === 'next') this.#next(step.model as ModelNumber)
    else if (step.do === 'withdraw') this.#both((engine) => engine.withdraw(engine.history({ outcome: 'waiting' })[step.which]?.ticket ?? (0 as Ticket)))
    else this.#settle(step)
    this.#compare()
  }

  #both(call: (engine: FairArbitrationEngine) => unknown): unknown {
    const result = call(this.batched)
    expect(result).toEqual(call(this.single))
    return result
  }

  #batchOf(number: ModelNumber, wishes: readonly Wish[]): AdmissionBatch {
    return {
      model: number,
      count: wishes.length,
      tags: Int32Array.from(wishes, (_, at) => this.#tag + at),
      tenants: Int32Array.from(wishes, ({ tenant }) => this.batched.tenantNumber(TENANTS[tenant] as string)),
      priorities: Int32Array.from(wishes, ({ priority }) => priority),
      scores: Float64Array.from(wishes, ({ score }) => score),
      tickets: new Float64Array(wishes.length),
    }
  }

  #line(number: ModelNumber, wishes: readonly Wish[]): void {
    const batch = this.#batchOf(number, wishes)
    const submitted = this.batched.submitMany(batch)
    for (const [at, { tenant, priority, score }] of wishes.slice(0, submitted).entries()) {
      expect(this.single.submit({ model: number, tenant: TENANTS[tenant] as string, priority, score, tag: this.#tag + at })).toBe(batch.tickets[at])
    }
    this.#tag += wishes.length
    const rest = wishes[submitted]
    if (rest !== undefined) expect(this.#submit(number, rest)).toBe(false)
  }

  #grant(number: ModelNumber, count: number): void {
    const [tickets, tags] = [new Float64Array(count), new Float64Array(count)]
    const granted = this.batched.nextMany(number, count, tickets, tags)
    for (let at = 0; at < granted; at++) {
      expect(this.single.next(number)).toMatchObject({ ticket: tickets[at], tag: tags[at] })
      this.running.push(tickets[at] as Ticket)
    }
    if (granted < count) expect(this.#next(number)).toBe(undefined)
  }

  #admit(number: ModelNumber, wishes: readonly Wish[]): void {
    const count = wishes.length
    const batch = this.#batchOf(number, wishes)
    const { tickets } = batch
    const admitted = this.batched.admitNow(batch)
    const isClear = this.single.waiting(number) === 0
    for (let at = 0; at < admitted; at++) {
      const { tenant, priority, score } = wishes[at] as Wish
      const ticket = this.single.submit({ model: number, tenant: TENANTS[tenant] as string, priority, score, tag: this.#tag + at })
      expect(this.single.next(number)?.ticket).toBe(ticket)
      expect(tickets[at]).toBe(ticket)
      this.running.push(ticket)
    }
    this.#tag += count
    const rest = wishes[admitted]
    if (rest === undefined) return
    // It stopped for a reason: the next one is refused, or waits.
    if (this.#submit(number, rest) && isClear) expect(this.#next(number)).toBe(undefined)
  }

  #submit(number: ModelNumber, { tenant, priority, score }: Wish): boolean {
    const tag = this.#tag++
    return this.#both((engine) => {
      try {
        return engine.submit({ model: number, tenant: TENANTS[tenant] as string, priority, score, tag }) > 0
      } catch {
        return false
      }
    }) as boolean
  }

  #next(number: ModelNumber): unknown {
    const grant = this.#both((engine) => engine.next(number)) as { readonly ticket: Ticket } | undefined
    if (grant !== undefined) this.running.push(grant.ticket)
    return grant
  }

  #settle({ whiches, outcome, durationMs, isOne }: Step & { readonly do: 'settle' }): void {
    const tickets = whiches.map((which) => this.running[which % Math.max(1, this.running.length)] ?? (0 as Ticket))
    const name = OUTCOMES[outcome] as Settlement['outcome']
    const settledSingly = tickets.map((ticket) => this.single.settle({ ticket, model: 0 as ModelNumber, tenant: '', tag: 0 }, { outcome: name, durationMs })).filter(Boolean).length
    if (isOne) expect(tickets.map((ticket) => this.batched.settleTicket(ticket, name, durationMs)).filter(Boolean).length).toBe(settledSingly)
    else {
      const code = Object.values(SETTLEMENT_OUTCOMES)[outcome] as number
      const isForAll = tickets.length % 2 === 0
      const outcomes = isForAll ? code : new Uint8Array(5).fill(code)
      const durationsMs = isForAll ? durationMs : new Float64Array(5).fill(durationMs)
      expect(this.batched.settleNow(Float64Array.from(tickets), tickets.length, outcomes, durationsMs)).toBe(settledSingly)
    }
    for (const ticket of tickets) if (this.running.includes(ticket)) this.running.splice(this.running.indexOf(ticket), 1)
  }

  #compare(): void {
    // Reads the clock in both: what follows without doing so goes on from the same moment.
    this.#both((engine) => engine.fairness())
    this.#both((engine) => engine.metrics())
    this.#both((engine) => engine.health())
    this.#both((engine) => engine.nextChangeMs())
    this.#both((engine) => engine.history({ limit: 100 }).map(({ rationale, ...numbers }) => ({ ...numbers, ending: rationale.split('; ').at(-1)?.match(/^(succeeded|failed|cancelled).*/)?.[0] })))
    this.#both((engine) => engine.history({ outcome: 'waiting' }))
    this.#both((engine) => [...engine.region.tables.flows.columns.virtualTime.subarray(0, 32)])
  }
}

describe('batches', () => {
  it('leave everything as if each request had been submitted, admitted and settled by itself', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 20, maxLength: 80 }), (steps) => {
        const pair = new Pair()
        for (const one of steps) pair.take(one)
      }),
      { numRuns: 150 },
    )
  })

  it('do so where grants outlive the record of their decisions, and tickets meet in the index', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 20, maxLength: 60 }), fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }), (steps, decisionsKept, requestsMax) => {
        const pair = new Pair({ decisionsKept, requestsMax })
        for (const one of steps) pair.take(one)
      }),
      { numRuns: 150 },
    )
  })

  it('wait for a model that rests', () => {
    const pair = new Pair()
    for (const engine of [pair.batched, pair.single]) engine.restModel(1 as ModelNumber, 100)
    const admit: Step = { do: 'admit', model: 1, wishes: [{ tenant: 0, priority: 0, score: 0 }] }
    pair.take(admit)
    expect(pair.batched.metrics()).toMatchObject({ admitted: 0, waiting: 1 })
    pair.take({ do: 'wait', forMs: 100 })
    pair.take({ do: 'next', model: 1 })
    pair.take(admit)
    expect(pair.batched.metrics()).toMatchObject({ admitted: 2, waiting: 0 })
  })

  it('take the fast way as often as there is one', () => {
    const pair = new Pair()
    pair.take({ do: 'admit', model: 0, wishes: [{ tenant: 0, priority: 0, score: 0 }, { tenant: 1, priority: 1, score: 1 }] })
    expect(pair.batched.history().map(({ rationale }) => rationale)).toEqual(['nothing was in the way', 'nothing was in the way'])
  })
})
