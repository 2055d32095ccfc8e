import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createArbitrationEngine } from '@symphony/arbitration'
import type { FairArbitrationEngine } from '@symphony/arbitration'
import type { Decision, ModelNumber } from '@symphony/interface'
import { seededRandom, VirtualClock } from '@symphony/ports'

const model = 0 as ModelNumber

interface Load {
  readonly tenants: number
  readonly slots: number
  readonly weights: readonly number[]
  /** Mean duration of a call by tenant, ms. */
  readonly durationsMs: readonly number[]
  readonly seed: number
}

/** Keeps every tenant's line full and every slot busy for a time; calls end in the order of their time. */
function play(load: Load, forMs: number): FairArbitrationEngine {
  const clock = new VirtualClock()
  const random = seededRandom(load.seed)
  const engine = createArbitrationEngine({ weights: Object.fromEntries(load.weights.map((weight, at) => [`t${at}`, weight])) }, { clock })
  let tag = 0
  const submit = (tenant: string): void => void engine.submit({ model, tenant, tag: tag++ })
  for (let round = 0; round < 4 * load.slots; round++) for (let at = 0; at < load.tenants; at++) submit(`t${at}`)
  const fill = (): void => {
    const grant = engine.next(model)
    if (grant === undefined) return
    submit(grant.tenant)
    const meanMs = load.durationsMs[Number(grant.tenant.slice(1))] as number
    const durationMs = meanMs * (0.5 + random.next())
    clock.schedule(durationMs, () => {
      engine.settle(grant, { outcome: 'succeeded', durationMs })
      fill()
    })
  }
  for (let slot = 0; slot < load.slots; slot++) fill()
  clock.advance(forMs)
  return engine
}

const load: fc.Arbitrary<Load> = fc.integer({ min: 2, max: 8 }).chain((tenants) =>
  fc.record({
    tenants: fc.constant(tenants),
    slots: fc.integer({ min: 1, max: 4 }),
    weights: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: tenants, maxLength: tenants }),
    durationsMs: fc.array(fc.integer({ min: 10, max: 60 }), { minLength: tenants, maxLength: tenants }),
    seed: fc.nat(),
  }),
)

describe('shares', () => {
  it('of equal tenants with a constant backlog are equal after ten seconds: Jain at least 0.95', () => {
    fc.assert(
      fc.property(load, (one) => {
        const { jain, gini } = play({ ...one, weights: one.weights.map(() => 1) }, 10_000).fairness()
        expect(jain).toBeGreaterThanOrEqual(0.95)
        expect(gini).toBeLessThan(0.15)
      }),
      { numRuns: 12 },
    )
  })

  it('follow any weights, whatever the calls last', () => {
    fc.assert(
      fc.property(load, (one) => {
        const { tenants, jain } = play(one, 10_000).fairness()
        expect(jain).toBeGreaterThanOrEqual(0.95)
        for (const { share, entitled } of tenants) expect(Math.abs(share - entitled)).toBeLessThan(0.08)
      }),
      { numRuns: 12 },
    )
  })

  it('are decided the same way twice, with the same reasons', () => {
    fc.assert(
      fc.property(load, (one) => {
        const history = (): readonly Decision[] => play(one, 1_000).history({ limit: 2_000 })
        expect(history()).toEqual(history())
      }),
      { numRuns: 6 },
    )
  })
})

describe('the bound on waiting', () => {
  it('holds: between two turns of a tenant every other of equal weight and equal calls has at most two', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 30 }), fc.nat(), (tenants, seed) => {
        const random = seededRandom(seed)
        const engine = createArbitrationEngine({}, { clock: new VirtualClock() })
        let tag = 0
        const submit = (tenant: string): void => void engine.submit({ model, tenant, score: random.next(), tag: tag++ })
        for (let n = 0; n < tenants * 5; n++) submit(`t${Math.floor(random.next() * tenants)}`)
        for (let at = 0; at < tenants; at++) submit(`t${at}`)
        const since = new Map<string, Map<string, number>>()
        let most = 0
        for (let n = 0; n < tenants * 20; n++) {
          const grant = engine.next(model)
          if (grant === undefined) throw new Error('the line ran dry')
          since.set(grant.tenant, new Map())
          for (const passes of since.values()) {
            const times = (passes.get(grant.tenant) ?? 0) + 1
            passes.set(grant.tenant, times)
            most = Math.max(most, times)
          }
          submit(grant.tenant)
          engine.settle(grant, { outcome: 'succeeded', durationMs: 10 })
        }
        expect(most).toBeLessThanOrEqual(2)
      }),
      { numRuns: 20 },
    )
  })
})
