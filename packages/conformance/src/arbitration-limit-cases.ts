import type { ArbitrationEngine, Grant } from '@symphony/interface'
import { MODEL, stage, submit, submitMany, granted, count, done } from './arbitration-stage.ts'
import { equal, fails, same } from './expectations.ts'
import type { Case } from './suite.ts'

/** What bounds admission: money, rate, memory, all or none. */
export const limitCases: readonly Case<ArbitrationEngine>[] = [
  {
    name: 'memory is held until settled, and another that fits goes past',
    needs: ['memory'],
    async run(make) {
      const s = await stage(make)
      s.engine.setMemoryLimit(100)
      submit(s, { tenant: 'a', memoryBytes: 60 })
      const first = granted(s)
      submit(s, { tenant: 'b', memoryBytes: 60 })
      const small = submit(s, { tenant: 'c', memoryBytes: 40 })
      equal(granted(s).ticket, small)
      equal(s.engine.next(MODEL), undefined)
      s.engine.settle(first, done)
      equal(granted(s).tenant, 'b')
    },
  },
  {
    name: 'a big request is not passed over for ever by small ones',
    needs: ['memory'],
    async run(make) {
      const s = await stage(make)
      s.engine.setMemoryLimit(100)
      submitMany(s, 12, { tenant: 'small', memoryBytes: 10 })
      const running = Array.from({ length: 10 }, () => granted(s))
      const big = submit(s, { tenant: 'big', memoryBytes: 100 })
      for (let n = 0; n < 5_000; n++) {
        if (s.engine.position(big) === undefined) return
        submit(s, { tenant: 'small', memoryBytes: 10 })
        const ended = running.shift()
        if (ended !== undefined) s.engine.settle(ended, done)
        for (let grant = s.engine.next(MODEL); grant !== undefined; grant = s.engine.next(MODEL)) running.push(grant)
      }
      throw new Error('passed over 5,000 times')
    },
  },
  {
    name: 'money is reserved before and settled after; the rest comes back once',
    needs: ['budgets'],
    async run(make) {
      const s = await stage(make)
      s.engine.budget({ tenant: 'a', limitUsd: 1 })
      submitMany(s, 2, { costUsd: 0.6 })
      const first = granted(s)
      equal(s.engine.next(MODEL), undefined)
      same(s.engine.budgets(), [{ tenant: 'a', limitUsd: 1, spentUsd: 0, reservedUsd: 0.6, resetsAtMs: undefined }])
      equal(s.engine.settle(first, { outcome: 'succeeded', costUsd: 0.1, durationMs: 1 }), true)
      equal(s.engine.settle(first, { outcome: 'succeeded', costUsd: 0.1, durationMs: 1 }), false)
      same(s.engine.budgets(), [{ tenant: 'a', limitUsd: 1, spentUsd: 0.1, reservedUsd: 0, resetsAtMs: undefined }])
      granted(s)
    },
  },
  {
    name: 'a budget is not exceeded by 64 calls at once, and no cent is lost',
    needs: ['budgets'],
    async run(make) {
      const s = await stage(make)
      s.engine.budget({ tenant: '*', limitUsd: 1 })
      for (let n = 0; n < 64; n++) submit(s, { tenant: `t${n % 8}`, costUsd: 0.1 })
      const running: Grant[] = []
      for (let grant = s.engine.next(MODEL); grant !== undefined; grant = s.engine.next(MODEL)) running.push(grant)
      equal(running.length, 10)
      for (const grant of running) s.engine.settle(grant, { outcome: 'failed', costUsd: 0, durationMs: 1 })
      equal(s.engine.budgets()[0]?.reservedUsd, 0)
      equal(s.engine.budgets()[0]?.spentUsd, 0)
    },
  },
  {
    name: 'a tenant without money leaves the way to others',
    needs: ['budgets'],
    async run(make) {
      const s = await stage(make)
      s.engine.budget({ tenant: 'poor', limitUsd: 0.5 })
      submitMany(s, 5, { tenant: 'poor', costUsd: 0.4 })
      submitMany(s, 5, { tenant: 'rich', costUsd: 0.4 })
      const who = Array.from({ length: 6 }, () => granted(s).tenant)
      same([count(who, 'poor'), count(who, 'rich')], [1, 5])
      equal(s.engine.next(MODEL), undefined)
      s.engine.budget({ tenant: 'poor', limitUsd: 1 })
      equal(granted(s).tenant, 'poor')
    },
  },
  {
    name: 'a window begins at exact multiples of its length, and nextChangeMs says when',
    needs: ['budgets'],
    async run(make) {
      const s = await stage(make)
      s.clock.advance(250)
      s.engine.budget({ tenant: 'a', limitUsd: 1, windowMs: 1_000 })
      submitMany(s, 2, { costUsd: 1 })
      s.engine.settle(granted(s), { outcome: 'succeeded', costUsd: 1, durationMs: 0 })
      equal(s.engine.next(MODEL), undefined)
      const leftMs = 1_000 - (s.clock.nowMs() % 1_000)
      equal(s.engine.budgets()[0]?.resetsAtMs, s.clock.nowMs() + leftMs)
      equal(s.engine.nextChangeMs(), s.clock.monotonicMs() + leftMs)
      s.clock.advance(leftMs - 1)
      equal(s.engine.next(MODEL), undefined)
      s.clock.advance(1)
      equal(s.engine.budgets()[0]?.spentUsd, 0)
      granted(s)
    },
  },
  {
    name: 'calls are limited by a bucket of tokens, and nextChangeMs says when the next one is there',
    needs: ['rates'],
    async run(make) {
      const s = await stage(make)
      s.engine.rate({ tenant: 'a', callsPerSecond: 10, burst: 2 })
      submitMany(s, 4, {})
      granted(s)
      granted(s)
      equal(s.engine.next(MODEL), undefined)
      equal(s.engine.nextChangeMs(), s.clock.monotonicMs() + 100)
      s.clock.advance(99)
      equal(s.engine.next(MODEL), undefined)
      s.clock.advance(1)
      granted(s)
      equal(s.engine.next(MODEL), undefined)
    },
  },
  {
    name: 'a rate of "*" limits all together',
    needs: ['rates'],
    async run(make) {
      const s = await stage(make)
      s.engine.rate({ tenant: '*', callsPerSecond: 1, burst: 1 })
      submit(s, { tenant: 'a' })
      submit(s, { tenant: 'b', priority: 9 })
      equal(granted(s).tenant, 'b')
      equal(s.engine.next(MODEL), undefined)
      s.clock.advance(1_000)
      equal(granted(s).tenant, 'a')
    },
  },
  {
    name: 'what can never fit is refused at once',
    needs: ['budgets', 'memory'],
    async run(make) {
      const s = await stage(make)
      s.engine.budget({ tenant: 'a', limitUsd: 1, windowMs: 1_000 })
      s.engine.budget({ tenant: '*', limitUsd: 5 })
      s.engine.setMemoryLimit(100)
      fails('REQUEST_REFUSED', () => submit(s, { costUsd: 1.01 }))
      fails('REQUEST_REFUSED', () => submit(s, { tenant: 'b', costUsd: 5.01 }))
      fails('REQUEST_REFUSED', () => submit(s, { memoryBytes: 101 }))
      same([s.engine.waiting(MODEL), s.engine.metrics().refused], [0, 3])
      submit(s, { costUsd: 1, memoryBytes: 100 })
      granted(s)
    },
  },
  {
    name: 'a request that takes part of what it needs takes nothing',
    needs: ['budgets', 'memory', 'rates'],
    async run(make) {
      const s = await stage(make)
      s.engine.setMemoryLimit(100)
      s.engine.budget({ tenant: 'a', limitUsd: 10 })
      s.engine.rate({ tenant: 'a', callsPerSecond: 1, burst: 1 })
      submitMany(s, 2, { costUsd: 4, memoryBytes: 50 })
      granted(s)
      equal(s.engine.next(MODEL), undefined)
      equal(s.engine.budgets()[0]?.reservedUsd, 4)
      submit(s, { tenant: 'b', memoryBytes: 50 })
      equal(granted(s).tenant, 'b')
    },
  },
  {
    name: 'values that are none are refused',
    async run(make) {
      const s = await stage(make)
      for (const bad of [Number.NaN, Infinity, -1]) {
        fails('INVALID_ARGUMENT', () => submit(s, { costUsd: bad }))
        fails('INVALID_ARGUMENT', () => submit(s, { memoryBytes: bad }))
        fails('INVALID_ARGUMENT', () => s.engine.budget({ tenant: 'a', limitUsd: bad }))
        fails('INVALID_ARGUMENT', () => s.engine.setWeight('a', bad))
        fails('INVALID_ARGUMENT', () => s.engine.rate({ tenant: 'a', callsPerSecond: bad }))
      }
      for (const bad of [Number.NaN, Infinity, -Infinity]) fails('INVALID_ARGUMENT', () => submit(s, { score: bad }))
      fails('INVALID_ARGUMENT', () => submit(s, { priority: 0.5 }))
      fails('INVALID_ARGUMENT', () => submit(s, { tenant: '' }))
      fails('INVALID_ARGUMENT', () => s.engine.setWeight('a', 0))
      submit(s)
      const grant = granted(s)
      fails('INVALID_ARGUMENT', () => s.engine.settle(grant, { outcome: 'succeeded', costUsd: Number.NaN }))
      fails('INVALID_ARGUMENT', () => s.engine.settle(grant, { outcome: 'succeeded', durationMs: -1 }))
      equal(s.engine.settle(grant, done), true)
    },
  },
  {
    name: 'a full engine refuses and has room again after a settlement',
    async run(make) {
      const s = await stage(make, { requestsMax: 2 })
      submitMany(s, 2, {})
      fails('CAPACITY_EXCEEDED', () => submit(s))
      s.engine.settle(granted(s), done)
      submit(s)
    },
  },
]
