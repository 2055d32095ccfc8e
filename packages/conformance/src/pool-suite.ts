import { SymphonyError } from '@symphony/interface'
import type { InvokeContext, ModelNumber, PoolManager } from '@symphony/interface'
import { equal, fails, ok, same } from './expectations.ts'
import { poolLifeCycleCases } from './pool-life-cycle-cases.ts'
import { poolLimitCases } from './pool-limit-cases.ts'
import { poolSlotCases } from './pool-slot-cases.ts'
import { poolSupervisionCases } from './pool-supervision-cases.ts'
import { HandRunner, hot, quiet, refused, served, settle, stage, take, watched } from './pool-stage.ts'
import type { Case, Suite } from './suite.ts'

const leases: readonly Case<PoolManager>[] = [
  {
    name: 'leases never exceed the slots of hot instances',
    async run(make) {
      const { pool } = await hot(make, { instancesMax: 2, slotsPerInstance: 40 })
      const model = pool.modelNumber('m')
      const held = Array.from({ length: 80 }, (_, taken) => (equal(pool.freeSlots(model), 80 - taken), take(pool)))
      equal(pool.tryAllocateModel('m'), undefined)
      equal(pool.inspect('m').slotsUsed, 80)
      equal(new Set(held.map((lease) => lease.instance)).size, 2)
      held[17]?.release()
      equal(pool.freeSlots(model), 1)
      equal(take(pool).instance, held[17]?.instance)
      equal(pool.tryAllocateModel(model), undefined)
    },
  },
  {
    name: 'calls spread over instances of several slots',
    async run(make) {
      const { pool } = await hot(make, { instancesMax: 4, slotsPerInstance: 3 })
      const held = Array.from({ length: 8 }, () => take(pool))
      same(pool.inspect('m').instances.map((instance) => instance.slotsUsed), [2, 2, 2, 2])
      ok(held.every((lease) => lease.model === 'm'), 'a lease names its model')
    },
  },
  {
    name: 'trying neither loads nor waits',
    async run(make) {
      const { pool } = await stage(make)
      const runner = new HandRunner(true)
      pool.registerModel({ id: 'm', runner })
      equal(pool.tryAllocateModel('m'), undefined)
      await settle()
      equal(runner.contexts.length, 0)
    },
  },
  {
    name: 'tokens of a slot rise with every lease',
    async run(make) {
      const { pool } = await hot(make)
      let last = 0
      for (let round = 0; round < 100; round++) {
        const lease = take(pool)
        ok(lease.token > last, `token ${lease.token} comes after ${last}`)
        last = lease.token
        lease.release()
        equal(lease.token, last)
      }
      equal(pool.inspect('m').instances[0]?.leasesTotal, 100)
    },
  },
  {
    name: 'tokens go on rising when the instance is loaded again',
    async run(make) {
      const { pool } = await hot(make)
      const first = take(pool)
      first.release()
      ok(pool.cool(first.instance), 'it is idle')
      await settle()
      await served(pool.prewarm('m'))
      ok(take(pool).token > first.token, 'a lease of the next life has a higher token')
    },
  },
  {
    name: 'releasing twice does nothing the second time',
    async run(make) {
      const { pool } = await hot(make, { slotsPerInstance: 2 })
      const lease = take(pool)
      equal(lease.isLive, true)
      equal(lease.release(), true)
      equal(lease.release(), false)
      equal(lease.isLive, false)
      equal(pool.freeSlots(pool.modelNumber('m')), 2)
      await lease[Symbol.asyncDispose]()
      equal(pool.freeSlots(pool.modelNumber('m')), 2)
    },
  },
  {
    name: 'a lease is released when it is disposed of',
    async run(make) {
      const { pool } = await hot(make)
      const lease = take(pool)
      await lease[Symbol.asyncDispose]()
      equal(lease.isLive, false)
      equal(pool.freeSlots(pool.modelNumber('m')), 1)
    },
  },
  {
    name: 'a lease that is over refuses calls',
    async run(make) {
      const { pool, runner } = await hot(make)
      let calls = 0
      runner.answer = () => void calls++
      const lease = take(pool)
      lease.release()
      fails('LEASE_EXPIRED', () => lease.invoke(1))
      equal(calls, 0)
    },
  },
  {
    name: 'a stale lease cannot touch the next holder of its slot',
    async run(make) {
      const { pool } = await hot(make)
      const stale = take(pool)
      stale.release()
      const next = take(pool)
      equal(stale.release(), false)
      equal(next.isLive, true)
      equal(next.invoke('still mine'), 'still mine')
      equal(pool.tryAllocateModel('m'), undefined)
      fails('LEASE_EXPIRED', () => stale.invoke(1))
    },
  },
]

const calls: readonly Case<PoolManager>[] = [
  {
    name: 'a model that answers at once is answered at once, another by a promise',
    async run(make) {
      const { pool, runner } = await hot(make)
      const lease = take(pool)
      equal(lease.invoke(7), 7)
      runner.answer = async (input) => (input as number) * 2
      const answer = lease.invoke(21)
      ok(answer instanceof Promise, 'a promise')
      equal(await answer, 42)
    },
  },
  {
    name: 'what a model throws is MODEL_FAILED with its cause, and an error of ours passes through',
    async run(make) {
      const { pool, runner } = await hot(make)
      const lease = take(pool)
      const boom = new Error('boom')
      runner.answer = () => { throw boom }
      const error = fails('MODEL_FAILED', () => lease.invoke(1))
      equal(error.cause, boom)
      ok(error.message.includes('boom') && error.message.includes('m'), 'model and reason are named')
      runner.answer = () => Promise.reject(boom)
      equal((await refused('MODEL_FAILED', lease.invoke(1) as Promise<unknown>)).cause, boom)
      runner.answer = () => { throw new SymphonyError({ code: 'BUDGET_EXCEEDED', component: 'x', message: 'There is no money left.' }) }
      fails('BUDGET_EXCEEDED', () => lease.invoke(1))
      equal(lease.isLive, true)
    },
  },
  {
    name: 'the context of a call is handed on and filled up',
    async run(make) {
      const { pool, runner } = await hot(make)
      const seen: InvokeContext[] = []
      runner.answer = (_input, context) => void seen.push(context)
      const progress: number[] = []
      const { signal } = new AbortController()
      const lease = take(pool)
      lease.invoke(1, { signal, idempotencyKey: 'key', attempt: 3, progress: (fraction) => progress.push(fraction) })
      lease.invoke(1)
      const [given, filled] = seen as [InvokeContext, InvokeContext]
      given.progress(0.5)
      filled.progress(0.5)
      same([given.signal === signal, given.idempotencyKey, given.attempt, progress], [true, 'key', 3, [0.5]])
      same([filled.signal.aborted, filled.attempt, typeof filled.idempotencyKey], [false, 1, 'string'])
    },
  },
]

const registration: readonly Case<PoolManager>[] = [
  {
    name: 'a model is registered once, and known by a number',
    async run(make) {
      const { pool } = await stage(make)
      const runner = new HandRunner()
      const number = pool.registerModel({ id: 'm', runner, version: '7', slotsPerInstance: 3, instancesMax: 2 })
      equal(pool.modelNumber('m'), number)
      ok(pool.registerModel({ id: 'n', runner }) !== number, 'each has its own')
      fails('ALREADY_EXISTS', () => pool.registerModel({ id: 'm', runner }))
      const { version, slotsTotal, runner: kind } = pool.inspect('m')
      same([version, slotsTotal, kind, pool.models().map(({ id }) => id)], ['7', 6, 'by-hand', ['m', 'n']])
    },
  },
  {
    name: 'a model that makes no sense is refused',
    async run(make) {
      const { pool } = await stage(make)
      const runner = new HandRunner()
      fails('INVALID_ARGUMENT', () => pool.registerModel({ id: '', runner }))
      fails('INVALID_ARGUMENT', () => pool.registerModel({ id: 'a', runner: {} as never }))
      fails('INVALID_ARGUMENT', () => pool.registerModel({ id: 'a', runner, instancesMin: 3, instancesMax: 2 }))
      fails('INVALID_ARGUMENT', () => pool.registerModel({ id: 'a', runner, slotsPerInstance: 0 }))
      fails('INVALID_ARGUMENT', () => pool.registerModel({ id: 'a', runner, loadTimeoutMs: Number.NaN }))
      same(pool.models(), [])
    },
  },
  {
    name: 'an unknown model is named as such by every call',
    async run(make) {
      const { pool } = await hot(make)
      const error = fails('MODEL_UNKNOWN', () => pool.tryAllocateModel('nobody'))
      ok(error.message.includes('nobody'), 'it is named')
      fails('MODEL_UNKNOWN', () => pool.tryAllocateModel(99 as ModelNumber))
      fails('MODEL_UNKNOWN', () => pool.modelNumber('nobody'))
      fails('MODEL_UNKNOWN', () => pool.inspect('nobody'))
      await refused('MODEL_UNKNOWN', pool.allocateModel({ model: 'nobody' }))
      await refused('MODEL_UNKNOWN', pool.allocateModels([{ model: 'm' }, { model: 'nobody' }]))
      await refused('MODEL_UNKNOWN', pool.prewarm('nobody'))
      equal(pool.freeSlots(pool.modelNumber('m')), 1)
    },
  },
]

const waiting: readonly Case<PoolManager>[] = [
  {
    name: 'who waits goes by priority, then by the order of coming',
    async run(make) {
      const { pool } = await hot(make)
      let held = take(pool)
      const order: string[] = []
      for (const [name, priority] of [['a', 0], ['b', 5], ['c', 0], ['d', 5], ['e', -1], ['f', 9]] as const) {
        void pool.allocateModel({ model: 'm', priority }).then((lease) => (order.push(name), (held = lease)), () => {})
      }
      equal(pool.inspect('m').waiting, 6)
      for (let round = 0; round < 6; round++) {
        held.release()
        await settle()
        equal(pool.freeSlots(pool.modelNumber('m')), 0)
      }
      same(order, ['f', 'b', 'd', 'a', 'c', 'e'])
      equal(pool.metrics().waiting, 0)
    },
  },
  {
    name: 'a wait ends with its time, and the slot is not lost',
    async run(make) {
      const { pool, clock } = await hot(make)
      const held = take(pool)
      const wait = quiet(pool.allocateModel({ model: 'm' }, { timeoutMs: 100 }))
      const patient = watched(pool.allocateModel({ model: 'm' }, { timeoutMs: 200 }))
      clock.advance(99)
      equal(pool.metrics().waiting, 2)
      clock.advance(1)
      await refused('TIMEOUT', wait)
      held.release()
      await settle()
      equal(patient.state, 'fulfilled')
      clock.advance(1_000)
      patient.value?.release()
      equal(pool.freeSlots(pool.modelNumber('m')), 1)
    },
  },
  {
    name: 'a wait ends with its signal, also one that fired before',
    async run(make) {
      const { pool } = await hot(make)
      const reason = new Error('no longer wanted')
      await refused('ABORTED', pool.allocateModel({ model: 'm' }, { signal: AbortSignal.abort(reason) }))
      const held = take(pool)
      const controller = new AbortController()
      const waits = [0, 1].map(() => quiet(pool.allocateModel({ model: 'm' }, { signal: controller.signal })))
      const other = watched(pool.allocateModel({ model: 'm', priority: -1 }))
      controller.abort(reason)
      for (const wait of waits) equal((await refused('ABORTED', wait)).cause, reason)
      held.release()
      await settle()
      equal(other.state, 'fulfilled')
      equal(pool.metrics().waiting, 0)
    },
  },
  {
    name: 'the line has an end',
    async run(make) {
      const { pool } = await hot(make, {}, { waitersMax: 2 })
      const held = take(pool)
      const waits = [0, 1].map(() => watched(pool.allocateModel({ model: 'm' })))
      await refused('POOL_EXHAUSTED', pool.allocateModel({ model: 'm' }))
      held.release()
      await settle()
      same(waits.map(({ state }) => state), ['fulfilled', 'waiting'])
    },
  },
  {
    name: 'nonsense is refused before anybody waits',
    async run(make) {
      const { pool } = await hot(make)
      take(pool)
      await refused('INVALID_ARGUMENT', pool.allocateModel({ model: 'm', priority: Number.NaN }))
      await refused('INVALID_ARGUMENT', pool.allocateModel({ model: 'm', leaseMs: 0 }))
      await refused('INVALID_ARGUMENT', pool.allocateModel({ model: 'm' }, { timeoutMs: -1 }))
      equal(pool.metrics().waiting, 0)
    },
  },
  {
    name: 'tells of free slots until it is asked to stop',
    async run(make) {
      const { pool } = await hot(make)
      const told: number[] = []
      const stop = pool.onSlotFree((model) => told.push(model))
      take(pool).release()
      await settle()
      ok(told.length > 0 && told.every((model) => model === pool.modelNumber('m')), 'the model is told')
      stop()
      told.length = 0
      take(pool).release()
      await settle()
      same(told, [])
    },
  },
]

const gangs: readonly Case<PoolManager>[] = [
  {
    name: 'several slots come all or none, and nothing is held while waiting for the rest',
    async run(make) {
      const { pool } = await hot(make, { slotsPerInstance: 2 })
      pool.registerModel({ id: 'n', runner: new HandRunner() })
      await pool.prewarm('n')
      const held = take(pool, 'n')
      const gang = watched(pool.allocateModels([{ model: 'm' }, { model: 'n' }, { model: 'm' }]))
      await settle()
      equal(gang.state, 'waiting')
      equal(pool.freeSlots(pool.modelNumber('m')), 2)
      held.release()
      await settle()
      same(gang.value?.map((lease) => lease.model), ['m', 'n', 'm'])
      equal(pool.freeSlots(pool.modelNumber('m')) + pool.freeSlots(pool.modelNumber('n')), 0)
      for (const lease of gang.value ?? []) lease.release()
      equal(pool.freeSlots(pool.modelNumber('m')), 2)
    },
  },
  {
    name: 'several slots are loaded for, and waited for within a time and by priority',
    async run(make) {
      const { pool, clock } = await stage(make)
      pool.registerModel({ id: 'm', runner: new HandRunner(), instancesMax: 3 })
      const three = Array.from({ length: 3 }, () => ({ model: 'm' }))
      const leases = await served(pool.allocateModels(three))
      equal(new Set(leases.map((lease) => lease.instance)).size, 3)
      const late = quiet(pool.allocateModels(three, { timeoutMs: 10 }))
      const single = watched(pool.allocateModel({ model: 'm' }))
      const keen = watched(pool.allocateModels([{ model: 'm', priority: 1 }]))
      clock.advance(10)
      await refused('TIMEOUT', late)
      leases[0]?.release()
      await settle()
      same([single.state, keen.state], ['waiting', 'fulfilled'])
      leases[1]?.release()
      await settle()
      equal(single.state, 'fulfilled')
      same(await served(pool.allocateModels([])), [])
    },
  },
  {
    name: 'more slots than there can ever be are refused at once',
    async run(make) {
      const { pool } = await hot(make, { slotsPerInstance: 2 })
      await refused('INVALID_ARGUMENT', pool.allocateModels([{ model: 'm' }, { model: 'm' }, { model: 'm' }]))
    },
  },
]

/** What every PoolManager has to get right. `create` gets the init as options and gives a `PoolSurroundings`. */
export const poolSuite: Suite<PoolManager> = { component: 'pool', cases: [...leases, ...calls, ...registration, ...waiting, ...gangs, ...poolLifeCycleCases, ...poolLimitCases, ...poolSlotCases, ...poolSupervisionCases] }
