import { describe, expect, it } from 'vitest'
import { createArbitrationEngine } from '@symphony/arbitration'
import type { ArbitrationBackend, FairArbitrationEngine } from '@symphony/arbitration'
import { isSymphonyError } from '@symphony/interface'
import type { AdmissionRequest, Grant, Lsn, ModelNumber } from '@symphony/interface'
import { VirtualClock } from '@symphony/ports'
import { TABLE_LINE } from '@symphony/shared-memory'
import { recordingLog } from './recording-log.ts'

const MODEL = 1 as ModelNumber
const REQUESTS = 120
/** No more than so many in a row. */
const PANICS = 12
const init = { budgets: [{ tenant: '*', limitUsd: 1_000 }], memoryBytesMax: 100, weights: { a: 2 } }

function setup() {
  const clock = new VirtualClock()
  const { log, commands } = recordingLog()
  const engine = createArbitrationEngine(init, { clock, log })
  const tell = (to: FairArbitrationEngine): void => {
    commands.forEach(({ type, body }, at) => to.applyCommand(type, body, (at + 1) as Lsn))
    to.afterRecovery?.()
  }
  const rebuild = (): void => {
    engine.reset()
    tell(engine)
  }
  const replayed = (): FairArbitrationEngine => {
    const other = createArbitrationEngine(init, { clock })
    tell(other)
    return other
  }
  return { clock, engine, rebuild, replayed }
}

interface Panics {
  readonly of: keyof ArbitrationBackend
  readonly every: number
  readonly when: 'before' | 'after'
}

/** The engine's own, which throws at every so many-th call of one of its functions. */
function bent(own: ArbitrationBackend, { of, every, when }: Panics, calls: { count: number; thrown: number }): ArbitrationBackend {
  const whole = own[of] as (...given: readonly unknown[]) => unknown
  return {
    ...own,
    [of]: (...given: readonly unknown[]) => {
      if (++calls.count % every !== 0 || calls.thrown === PANICS) return whole(...given)
      calls.thrown++
      if (when === 'after') whole(...given)
      throw new Error(`panics in ${of}`)
    },
  }
}

/** Every request is admitted and settled, whatever fails on the way. @returns how often a request was granted that ran already */
function runAll({ engine, rebuild }: ReturnType<typeof setup>, panics: Panics, calls: { count: number; thrown: number }): number {
  const requestOf = (tag: number): AdmissionRequest => ({ model: MODEL, tenant: tag % 3 === 0 ? 'a' : 'b', costUsd: 0.5, memoryBytes: tag % 40, tag })
  const running = new Map<number, Grant>()
  const settled = new Set<number>()
  let twice = 0
  const attach = (): void => engine.attachBackend((own) => bent(own, panics, calls))
  const restore = (error: unknown): void => {
    if (!isSymphonyError(error, 'BACKEND_PANIC')) throw error
    rebuild()
    for (const [tag, grant] of running) if (!engine.resume(grant, requestOf(tag))) settled.add(tag)
    for (const tag of settled) running.delete(tag)
    attach()
  }
  attach()
  for (let round = 0; settled.size < REQUESTS && round < 2_000; round++) {
    try {
      if (engine.waiting(MODEL) === 0) for (let tag = 0; tag < REQUESTS; tag++) if (!settled.has(tag) && !running.has(tag)) engine.submit(requestOf(tag))
      const grant = engine.next(MODEL)
      if (grant !== undefined) {
        if (running.has(grant.tag)) twice++
        running.set(grant.tag, grant)
      }
      if (grant !== undefined && running.size < 5) continue
      for (const [tag, held] of running) {
        expect(engine.settle(held, { outcome: 'succeeded', costUsd: 0.25, durationMs: 1 })).toBe(true)
        running.delete(tag)
        settled.add(tag)
      }
    } catch (error) {
      restore(error)
    }
  }
  expect(settled.size).toBe(REQUESTS)
  return twice
}

describe('a backend of the engine that panics', () => {
  for (const of of ['enqueue', 'next', 'settle', 'spend'] as const) {
    for (const when of ['before', 'after'] as const) {
      it(`in every so many-th ${of}, ${when} its effect: every request is granted once, and every cent is accounted for once`, () => {
        for (const every of [2, 7, 61]) {
          const stage = setup()
          const calls = { count: 0, thrown: 0 }
          expect(runAll(stage, { of, every, when }, calls)).toBe(0)
          expect(calls.thrown).toBeGreaterThan(0)
          stage.rebuild()
          const [everyone] = stage.engine.budgets()
          expect(everyone).toMatchObject({ spentUsd: REQUESTS * 0.25, reservedUsd: 0 })
          expect(stage.engine.checkInvariants(1)).toBeUndefined()
          expect(Buffer.from(stage.engine.snapshot()).equals(Buffer.from(stage.replayed().snapshot()))).toBe(true)
        }
      })
    }
  }

  it('in the middle of a batch: what it was spent on before is settled, the rest is resumed', () => {
    const { engine, rebuild } = setup()
    const request = { model: MODEL, tenant: 'a', costUsd: 1, tag: 0 }
    const grants: Grant[] = []
    for (let tag = 0; tag < 5; tag++) {
      engine.submit({ ...request, tag })
      grants.push(engine.next(MODEL) as Grant)
    }
    const calls = { count: 0, thrown: 0 }
    engine.attachBackend((own) => bent(own, { of: 'settle', every: 3, when: 'before' }, calls))
    expect(() => engine.settleNow(Float64Array.from(grants, ({ ticket }) => ticket), 5, 0, 1)).toThrow(expect.objectContaining({ code: 'BACKEND_PANIC' }))
    rebuild()
    expect(grants.map((grant) => engine.resume(grant, { ...request, tag: grant.tag }))).toEqual([false, false, false, true, true])
    expect(engine.settleNow(Float64Array.from(grants, ({ ticket }) => ticket), 5, 0, 1)).toBe(2)
    expect(engine.budgets()[0]).toMatchObject({ spentUsd: 5, reservedUsd: 0 })
  })

  it('leaves columns that hold what others read, and the engine its own backend', () => {
    const { engine, rebuild } = setup()
    const { region } = engine
    engine.attachBackend((own) => ({ ...own, enqueue: () => { throw new Error('no') } }))
    expect(() => engine.submit({ model: MODEL, tenant: 'a', tag: 1 })).toThrow(expect.objectContaining({ code: 'BACKEND_PANIC', retryable: true }))
    rebuild()
    expect(engine.region).toBe(region)
    engine.submit({ model: MODEL, tenant: 'a', tag: 1 })
    expect(region.tables.tenants.columns.waiting[engine.tenantNumber('a')]).toBe(1)
    expect(() => engine.attachBackend({ name: 'half' } as never)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
  })
})

describe('looking at what must always hold', () => {
  const writes: readonly (readonly [what: string, write: (engine: FairArbitrationEngine) => void])[] = [
    ['a state that is none', ({ region }) => void (region.tables.requestWords.columns.word[3] = 9)],
    ['a line that is none', ({ region }) => void (region.tables.requestWords.columns.word[2] = 7_777)],
    ['a ticket nobody gave', ({ region }) => void (region.tables.requestWords.columns.word[0] = 1e9)],
    ['a request that is gone', ({ region }) => void (region.tables.requestWords.columns.word[3] = 0)],
    ['tickets that begin again', ({ region }) => void (region.words.tickets[0] = -1)],
    ['a count that is wrong', (engine) => void (engine.region.tables.tenants.columns.waiting[engine.tenantNumber('a')]! += 1)],
    ['a free row that is not', ({ region }) => void (region.tables.requests.line[TABLE_LINE.FREE] = 1)],
    ['money that is none', (engine) => void (engine.region.tables.tenants.columns.spent[engine.tenantNumber('a')] = Number.NaN)],
    ['more memory than nothing', ({ region }) => void (region.words.memoryUsedBytes[0] = -5)],
  ]
  for (const [what, write] of writes) {
    it(`finds ${what} at once, and no ticket is given twice after it`, () => {
      const { engine, rebuild } = setup()
      const former = [1, 2, 3].map((tag) => engine.submit({ model: MODEL, tenant: 'a', tag }))
      engine.next(MODEL)
      expect(engine.checkInvariants(8)).toBeUndefined()
      write(engine)
      expect(engine.checkInvariants(8)).toBeTypeOf('string')
      expect(engine.checkInvariants(8)).toBeUndefined()
      expect(engine.health().status).toBe('quarantined')
      rebuild()
      expect(engine.checkInvariants(8)).toBeUndefined()
      expect(former).not.toContain(engine.submit({ model: MODEL, tenant: 'a', tag: 1 }))
    })
  }
})
