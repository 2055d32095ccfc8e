import { describe, expect, it } from 'vitest'
import { createArbitrationEngine } from '@symphony/arbitration'
import { arbitrationSuite, judge } from '@symphony/conformance'
import type { ArbitrationEngine, Grant, Supervised } from '@symphony/interface'
import { VirtualClock } from '@symphony/ports'

/** The optional contract of an engine that may fail inside. */
const supervised = (broken: Partial<Supervised>): Partial<ArbitrationEngine> => broken as Partial<ArbitrationEngine>

type Break = (whole: ArbitrationEngine) => Partial<ArbitrationEngine>

/** Each toy is ours with one thing wrong, and the case that has to notice. */
const toys: readonly (readonly [name: string, noticedBy: string, breakIt: Break])[] = [
  ['is first come, first served', 'equal tenants take turns, however long one of them has been in line with however many', (whole) => ({
    submit: (request) => whole.submit({ ...request, tenant: 'all' }),
  })],
  ['forgets priorities', 'a higher priority always goes first, whoever was served how much', (whole) => ({ submit: (request) => whole.submit({ ...request, priority: 0 }) })],
  ['forgets scores', 'within a tenant the better score goes first, then the older ticket', (whole) => ({ submit: (request) => whole.submit({ ...request, score: 0 }) })],
  ['forgets weights', 'shares follow weights', () => ({ setWeight: () => {} })],
  ['counts calls instead of service', 'service counts by its duration, not by calls', (whole) => ({ settle: (grant, actual) => whole.settle(grant, { ...actual, durationMs: 1 }) })],
  ['checks money but reserves none', 'a budget is not exceeded by 64 calls at once, and no cent is lost', (whole) => ({
    submit: ({ costUsd: _, ...request }) => whole.submit(request),
  })],
  ['settles twice', 'money is reserved before and settled after; the rest comes back once', (whole) => ({ settle: (grant, actual) => (whole.settle(grant, actual), true) })],
  ['holds no memory', 'memory is held until settled, and another that fits goes past', (whole) => ({ setMemoryLimit: () => whole.setMemoryLimit(Infinity) })],
  ['resets windows early', 'a window begins at exact multiples of its length, and nextChangeMs says when', (whole) => ({
    budget: (spec) => whole.budget(spec.windowMs === undefined ? spec : { ...spec, windowMs: spec.windowMs / 2 }),
  })],
  ['gives a call too many', 'calls are limited by a bucket of tokens, and nextChangeMs says when the next one is there', (whole) => ({
    rate: (spec) => whole.rate({ ...spec, burst: (spec.burst ?? 1) + 1 }),
  })],
  ['grants what was withdrawn', 'what is withdrawn is never granted; what runs or is unknown cannot be withdrawn', (whole) => ({ withdraw: (ticket) => whole.position(ticket) !== undefined })],
  ['loses what was spent', 'spending survives by the log, reservations do not', (whole) => ({ settle: (grant, actual) => whole.settle(grant, { ...actual, costUsd: 0 }) })],
  ['takes garbage', 'values that are none are refused', (whole) => ({ submit: (request) => whole.submit({ ...request, score: Number.isFinite(request.score ?? 0) ? (request.score ?? 0) : 0 }) })],
  ['forgets the score of a batch', 'with nothing in the way a whole batch is admitted, and every admission is a decision', (whole) => ({
    admitNow: (batch) => whole.admitNow({ ...batch, scores: new Float64Array(batch.scores.length) }),
  })],
  ['counts no service of a batch', 'what is used while nothing is in the way counts when something is', (whole) => ({
    settleNow: (tickets, count, outcomes) => whole.settleNow(tickets, count, outcomes, 0),
  })],
  ['ends grants of a batch twice', 'grants of a batch are ended by their tickets, once', (whole) => ({
    settleNow: (...args) => (whole.settleNow(...args), args[1]),
  })],
  ['lets a batch jump the queue', 'a batch stops where others wait for the model, and leaves no trace of the rest', (whole) => ({
    admitNow: (batch) => whole.admitNow({ ...batch, model: 77 as never }),
  })],
  ['lets a batch past the rate', 'a batch stops where a rate has no call left', (whole) => ({
    admitNow: (batch) => (whole.admitNow(batch), batch.count),
  })],
  ['grants by the column in the order of coming', 'wishes in line by the column wait like others, and are granted in their order by the column', (whole) => ({
    submitMany: (batch) => whole.submitMany({ ...batch, scores: new Float64Array(batch.count), priorities: new Int32Array(batch.count) }),
  })],
  ['grants on with a broken inside', 'an engine that has failed inside says so once, grants nothing and takes nothing note of', () => supervised({ quarantine: () => {} })],
  ['forgets what was spent with the rest', 'an engine that is rebuilt knows what was spent and what was set; nothing is in line, and no ticket is given twice', () => ({ restore: () => {} })],
  ['keeps who was in line', 'an engine that is rebuilt knows what was spent and what was set; nothing is in line, and no ticket is given twice', (whole) => ({
    waiting: () => 1, afterRecovery: () => whole.afterRecovery?.(),
  })],
  ['resumes in name only', 'what is under way when an engine is rebuilt is resumed: it holds what it held, and is settled once', () => ({ resume: () => true })],
  ['resumes without what is held', 'what is under way when an engine is rebuilt is resumed: it holds what it held, and is settled once', (whole) => ({
    resume: (grant, { costUsd: _, memoryBytes: __, ...request }) => whole.resume?.(grant, request) === true,
  })],
  ['claims a replica and has none', 'a replica told the log gives the same snapshot at every point, from the beginning and from any checkpoint on', () => ({ replica: undefined })],
  ['decides by chance', 'position foretells the order', (whole) => {
    let calls = 0
    return {
      next(model) {
        const grant = whole.next(model)
        if (grant === undefined || ++calls % 7 !== 0) return grant
        const better = whole.next(model) as Grant | undefined
        return better ?? grant
      },
    }
  }],
]

describe('broken toys', () => {
  it.each(toys)('one that %s fails "%s"', async (_, noticedBy, breakIt) => {
    const outcomes = await judge(arbitrationSuite, {
      supports: createArbitrationEngine({ requestsMax: 1 }).supports,
      create(options) {
        const clock = new VirtualClock()
        const whole = createArbitrationEngine(options, { clock })
        const broken = breakIt(whole)
        const component = new Proxy<ArbitrationEngine>(whole, {
          get(target, key) {
            const value = (key in broken ? broken : target)[key as keyof ArbitrationEngine] as unknown
            return typeof value === 'function' ? value.bind(target) : value
          },
        })
        const reopen = () => {
          const again = createArbitrationEngine(options, { clock })
          again.restore(whole.snapshot())
          return again
        }
        return { component, surroundings: { clock, reopen } }
      },
    })
    expect(outcomes.find(({ name }) => name === noticedBy)?.outcome).toBe('failed')
  })
})
