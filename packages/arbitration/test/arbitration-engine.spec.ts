import { describe, expect, it } from 'vitest'
import { createArbitrationEngine } from '@symphony/arbitration'
import type { ArbitrationInit, ArbitrationPorts } from '@symphony/arbitration'
import { EVENTS } from '@symphony/interface'
import type { AdmissionRequest, Grant, Lsn, ModelNumber, Ticket } from '@symphony/interface'
import { VirtualClock } from '@symphony/ports'
import { EventReader, EventRing } from '@symphony/shared-memory'
import { recordingLog } from './recording-log.ts'

const model = 1 as ModelNumber

const made = (init: ArbitrationInit = {}, ports: ArbitrationPorts = {}) => {
  const clock = new VirtualClock()
  const engine = createArbitrationEngine(init, { clock, ...ports })
  let tag = 0
  const submit = (tenant: string, more: Partial<AdmissionRequest> = {}): Ticket => engine.submit({ model, tenant, tag: tag++, ...more })
  const next = (): Grant => {
    const grant = engine.next(model)
    if (grant === undefined) throw new Error('nothing was admitted')
    return grant
  }
  return { clock, engine, submit, next }
}

const failed = { outcome: 'failed', durationMs: 1 } as const
const succeeded = { outcome: 'succeeded', durationMs: 1 } as const

describe('reasons', () => {
  it('name the tenant that was served least, with figures', () => {
    const { engine, submit, next } = made({ halfLifeMs: 1e9 })
    for (const tenant of ['a', 'a', 'b', 'b']) submit(tenant)
    engine.settle(next(), { outcome: 'succeeded', durationMs: 500 })
    engine.settle(next(), { outcome: 'succeeded', durationMs: 200 })
    const { ticket } = next()
    expect(engine.explain(ticket).rationale).toBe('tenant "b" had the least service per weight (0.200 of 0.500 s; next is "a")')
  })

  it('tell about classes, scores and what did not fit', () => {
    const { engine, submit, next } = made({ memoryBytesMax: 10 })
    submit('low', { priority: -1 })
    submit('big', { memoryBytes: 6 })
    next()
    submit('big', { memoryBytes: 6, priority: 1 })
    submit('small', { score: 0.2, priority: 1 })
    const ticket = submit('small', { score: 0.9, priority: 1 })
    expect(next().ticket).toBe(ticket)
    expect(engine.explain(ticket).rationale).toBe(
      'tenant "small" was the only one in line; best score (0.9), then age, of its 2 waiting; priority 1 goes before 1 of lower priority; 1 before it did not fit',
    )
  })

  it('tell why something waits', () => {
    const { engine, submit, next } = made({ budgets: [{ tenant: 'a', limitUsd: 1 }], rates: [{ tenant: 'b', callsPerSecond: 1 }] })
    const words = (ticket: Ticket): string => engine.explain(ticket).rationale
    submit('a', { costUsd: 0.7 })
    submit('b')
    next()
    next()
    expect(words(submit('a', { costUsd: 0.7 }))).toBe('place 1 of 1; the budget of tenant "a" has not enough left')
    expect(words(submit('b'))).toMatch(/tenant "b" has used up its calls for now$/)
    expect(words(submit('c'))).toMatch(/would fit now, waits for a free slot and its turn$/)
  })

  it('tell how it ended, and what was refused', () => {
    const { engine, submit, next } = made({ budgets: [{ tenant: '*', limitUsd: 1 }] })
    const ticket = submit('a', { costUsd: 0.5 })
    engine.settle(next(), { outcome: 'failed', costUsd: 0.25, durationMs: 1_500 })
    expect(engine.explain(ticket).rationale).toBe('the only one waiting; failed after 1.500 s for 0.25 US dollars')
    expect(() => submit('a', { costUsd: 0.8 })).toThrow('it asks for 0.8 US dollars; the budget of "*" can have at most 0.75 left')
    expect(engine.history()[0]).toMatchObject({ outcome: 'refused', tenant: 'a' })
  })

  it('leave the ring in time, but never those of a request that waits', () => {
    const { engine, submit, next } = made({ decisionsKept: 3 })
    const waits = submit('a', { priority: -1 })
    const first = submit('b')
    const running = next()
    for (let n = 0; n < 4; n++) {
      submit('b')
      engine.settle(next(), succeeded)
    }
    expect(engine.history()).toHaveLength(3)
    expect(engine.explain(waits).outcome).toBe('waiting')
    expect(engine.explain(first)).toMatchObject({ outcome: 'admitted' })
    engine.settle(running, succeeded)
    expect(() => engine.explain(first)).toThrow(expect.objectContaining({ code: 'TICKET_UNKNOWN' }))
  })
})

describe('a model that fails', () => {
  it('rests, twice as long each time, until it succeeds', () => {
    const { clock, engine, submit, next } = made({ breaker: { failures: 2, restMs: 100 } })
    for (let n = 0; n < 10; n++) submit('a')
    engine.settle(next(), failed)
    engine.settle(next(), failed)
    expect(engine.next(model)).toBeUndefined()
    expect(engine.nextChangeMs()).toBe(100)
    expect(engine.health()).toMatchObject({ status: 'degraded', reasons: ['model 1 rests for 100 ms more'] })
    clock.advance(100)
    engine.settle(next(), failed)
    clock.advance(199)
    expect(engine.next(model)).toBeUndefined()
    clock.advance(1)
    engine.settle(next(), succeeded)
    engine.settle(next(), failed)
    next()
  })

  it('rests when told to, and only that one', () => {
    const { clock, engine, submit, next } = made()
    submit('a')
    engine.submit({ model: 2 as ModelNumber, tenant: 'a', tag: 1 })
    engine.restModel(model, 5_000)
    expect(engine.next(model)).toBeUndefined()
    expect(engine.next(2 as ModelNumber)?.model).toBe(2)
    clock.advance(5_000)
    next()
  })
})

describe('time', () => {
  it('estimates a wait by how the line moved', () => {
    const { clock, engine, submit, next } = made()
    const tickets = Array.from({ length: 20 }, () => submit('a'))
    expect(engine.estimateWaitMs(tickets[19] as Ticket)).toBeUndefined()
    for (let n = 0; n < 10; n++) {
      engine.settle(next(), succeeded)
      clock.advance(50)
    }
    expect(engine.estimateWaitMs(tickets[19] as Ticket)).toBeCloseTo(500)
  })

  it('forgets service by halves', () => {
    const { clock, engine, submit, next } = made({ halfLifeMs: 1_000 })
    submit('a')
    engine.settle(next(), { outcome: 'succeeded', durationMs: 800 })
    clock.advance(2_000)
    expect(engine.fairness().tenants[0]?.servedMs).toBeCloseTo(200, 0)
  })

  it('takes back what it charged as it counts now, when all that was counted is scaled in between', () => {
    const { clock, engine, submit, next } = made({ halfLifeMs: 10 })
    for (let n = 0; n < 10; n++) for (const tenant of ['a', 'b']) submit(tenant)
    // Sums are scaled about once in a hundred half-lives, by whatever call comes first then.
    clock.advance(999)
    const [first] = [next(), next()]
    clock.advance(12)
    engine.settle(first, failed)
    const who = Array.from({ length: 6 }, () => next().tenant)
    expect(who.filter((tenant) => tenant === 'a')).toHaveLength(3)
  })

  it('keeps its order over a thousand half-lives of idleness and of work', () => {
    const { clock, engine, submit, next } = made({ halfLifeMs: 10 })
    for (const idleMs of [50, 1_500, 1e7, 30, 1e9]) {
      clock.advance(idleMs)
      for (let n = 0; n < 20; n++) for (const tenant of ['a', 'b']) submit(tenant)
      const who = Array.from({ length: 20 }, () => {
        const grant = next()
        clock.advance(3)
        engine.settle(grant, { outcome: 'succeeded', durationMs: 3 })
        return grant.tenant
      })
      expect(who.filter((tenant) => tenant === 'a')).toHaveLength(10)
      while (engine.next(model) !== undefined);
    }
    expect(engine.fairness().tenants.every(({ servedMs }) => Number.isFinite(servedMs))).toBe(true)
  })

  it('does not look again at what cannot fit, until something changes', () => {
    let looks = 0
    const clock = new VirtualClock()
    const { engine, submit, next } = made({ rates: [{ tenant: 'a', callsPerSecond: 2, burst: 1 }] }, { clock })
    submit('a')
    submit('a')
    next()
    for (; engine.next(model) === undefined; looks++) clock.advance(100)
    expect(looks).toBe(5)
  })
})

describe('memory', () => {
  it('is kept free for one that was passed over, but not when it can never fit any more', () => {
    const { engine, submit, next } = made({ memoryBytesMax: 10, passedOverMax: 2 })
    submit('small', { memoryBytes: 1 })
    next()
    submit('big', { memoryBytes: 10 })
    for (let n = 0; n < 5; n++) submit('small', { memoryBytes: 1 })
    next()
    next()
    expect(engine.next(model)).toBeUndefined()
    expect(engine.history({ outcome: 'waiting', tenant: 'small' })[0]?.rationale).toMatch(/memory is kept free/)
    engine.setMemoryLimit(5)
    next()
    next()
    expect(engine.next(model)).toBeUndefined()
  })

  it('kept free for one that is withdrawn is anybody\'s again', () => {
    const { engine, submit, next } = made({ memoryBytesMax: 10, passedOverMax: 1 })
    submit('small', { memoryBytes: 1 })
    next()
    const big = submit('big', { memoryBytes: 10 })
    for (let n = 0; n < 3; n++) submit('small', { memoryBytes: 1 })
    next()
    expect(engine.next(model)).toBeUndefined()
    engine.withdraw(big)
    next()
  })
})

describe('durability', () => {
  it('does not count last week\'s spending against a budget of the init', () => {
    const day = 86_400_000
    const init = { budgets: [{ tenant: 'a', limitUsd: 1, windowMs: day }] }
    const { log, commands } = recordingLog()
    const { clock, engine, submit, next } = made(init, { log })
    const spend = (): void => {
      submit('a', { costUsd: 0.9 })
      engine.settle(next(), succeeded)
    }
    spend()
    clock.advance(day)
    spend()
    const reopened = (): readonly number[] => {
      const again = createArbitrationEngine(init, { clock })
      commands.forEach(({ type, body }, at) => again.applyCommand(type, body, at as Lsn))
      expect(again.snapshot()).toEqual(engine.snapshot())
      return again.budgets().map(({ spentUsd }) => spentUsd)
    }
    expect(reopened()).toEqual([0.9])
    clock.advance(7 * day)
    expect(reopened()).toEqual([0])
  })

  it('logs money only: what costs nothing writes nothing', () => {
    const { log, commands } = recordingLog()
    const { engine, submit, next } = made({ weights: { a: 2 }, rates: [{ tenant: 'a', callsPerSecond: 5 }], budgets: [{ tenant: 'a', limitUsd: 5 }] }, { log })
    submit('a', { costUsd: 1 })
    engine.settle(next(), { outcome: 'cancelled', costUsd: 0 })
    expect(commands).toHaveLength(0)
    submit('a', { costUsd: 1 })
    engine.settle(next(), succeeded)
    expect(commands).toHaveLength(1)
    expect(engine.budgets()[0]?.spentUsd).toBe(1)
  })

  it('forgets requests in flight when it is restored', () => {
    const { engine, submit, next } = made({ memoryBytesMax: 10 })
    submit('a', { memoryBytes: 10 })
    const grant = next()
    submit('a')
    engine.restore(engine.snapshot())
    expect(engine.settle(grant, succeeded)).toBe(false)
    expect(engine.metrics()).toMatchObject({ waiting: 0, running: 0 })
    submit('a', { memoryBytes: 10 })
    next()
  })
})

describe('limits and events', () => {
  it('reads its init strictly', () => {
    expect(() => createArbitrationEngine({ weight: {} } as ArbitrationInit)).toThrow(expect.objectContaining({ code: 'UNKNOWN_KEY' }))
    const bad: ArbitrationInit[] = [{ requestsMax: 0 }, { halfLifeMs: Number.NaN }, { weights: { a: -1 } }, { budgets: [{ tenant: 'a', limitUsd: -1 }] }, { rates: [{ tenant: 'a', callsPerSecond: 0 }] }, { breaker: { failures: 0, restMs: 1 } }]
    for (const init of bad) expect(() => createArbitrationEngine(init)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
  })

  it('holds one tenant to its part of the line', () => {
    const { submit } = made({ requestsPerTenantMax: 2 })
    submit('a')
    submit('a')
    expect(() => submit('a')).toThrow(expect.objectContaining({ code: 'CAPACITY_EXCEEDED' }))
    submit('b')
  })

  it('publishes admissions, refusals and settlements', () => {
    const events = new EventRing()
    const reader = new EventReader(events.region.buffer)
    const { engine, submit, next } = made({ memoryBytesMax: 10 }, { events })
    submit('a', { costUsd: 0.5 })
    engine.settle(next(), { outcome: 'succeeded', costUsd: 0.25, durationMs: 1 })
    expect(() => submit('a', { memoryBytes: 11 })).toThrow(expect.objectContaining({ code: 'REQUEST_REFUSED' }))
    const seen: unknown[] = []
    reader.read(({ type, subject, a, b }) => seen.push([type, subject, a, b]))
    expect(seen).toEqual([
      [EVENTS.REQUEST_ADMITTED, 1, 1, 1],
      [EVENTS.GRANT_SETTLED, 1, 0.5, 0.25],
      [EVENTS.REQUEST_REFUSED, 2, 1, 1],
    ])
  })
})
