import { EVENTS, INSTANCE_STATES } from '@symphony/interface'
import type { InstanceRow, PoolManager } from '@symphony/interface'
import { equal, fails, ok, same } from './expectations.ts'
import { HandRunner, hot, quiet, refused, served, settle, stage, states, take, watched } from './pool-stage.ts'
import type { Case } from './suite.ts'

const { COLD, WARMING, HOT, COOLING, FAILED } = INSTANCE_STATES

/** The life cycle as the contract tells it: state before * 16 + state after. */
const legalMoves: ReadonlySet<number> = new Set(
  [[COLD, WARMING], [WARMING, HOT], [HOT, COOLING], [COOLING, COLD], [WARMING, FAILED], [HOT, FAILED], [FAILED, COLD]].map(([from, to]) => (from as number) * 16 + (to as number)),
)

const loading: readonly Case<PoolManager>[] = [
  {
    name: 'a cold model is loaded when it is asked for, and who asked is served when it is hot',
    async run(make) {
      const { pool } = await stage(make)
      const runner = new HandRunner(true)
      pool.registerModel({ id: 'm', runner })
      const wait = watched(pool.allocateModel({ model: 'm' }))
      await settle()
      same([states(pool), wait.state, runner.contexts.length], [['warming'], 'waiting', 1])
      runner.loads[0]?.succeed()
      await settle()
      same([states(pool), wait.state], [['hot'], 'fulfilled'])
    },
  },
  {
    name: 'as many instances are loaded as are asked for and allowed, each knowing its number',
    async run(make) {
      const { pool } = await stage(make)
      const runner = new HandRunner(true)
      pool.registerModel({ id: 'm', runner, instancesMax: 3, slotsPerInstance: 2 })
      const waits = Array.from({ length: 3 }, () => watched(pool.allocateModel({ model: 'm' })))
      await settle()
      equal(runner.contexts.length, 2)
      waits.push(...Array.from({ length: 9 }, () => watched(pool.allocateModel({ model: 'm' }))))
      await settle()
      same(runner.contexts.map(({ instance }) => instance), [0, 1, 2])
      for (const load of [...runner.loads]) load.succeed()
      await settle()
      equal(waits.filter(({ state }) => state === 'fulfilled').length, 6)
    },
  },
  {
    name: 'prewarming resolves when so many are hot, and not for more than there may be',
    async run(make) {
      const { pool } = await stage(make)
      const runner = new HandRunner(true)
      pool.registerModel({ id: 'm', runner, instancesMax: 2 })
      const warm = watched(pool.prewarm('m', 5))
      await settle()
      equal(runner.loads.length, 2)
      runner.loads[0]?.succeed()
      await settle()
      equal(warm.state, 'waiting')
      runner.loads[0]?.succeed()
      await settle()
      equal(warm.state, 'fulfilled')
      await served(pool.prewarm('m'))
      equal(runner.contexts.length, 2)
    },
  },
  {
    name: 'a failed load is told to who waits for it, and tried again after a while',
    async run(make) {
      const { pool, clock } = await stage(make)
      const runner = new HandRunner(true)
      pool.registerModel({ id: 'm', runner })
      const waits = [pool.allocateModel({ model: 'm' }), pool.allocateModel({ model: 'm' }), pool.prewarm('m')].map((wait) => quiet<unknown>(wait))
      await settle()
      const reason = new Error('no weights')
      runner.loads[0]?.fail(reason)
      for (const wait of waits) equal((await refused('MODEL_LOAD_FAILED', wait)).cause, reason)
      same([states(pool), pool.inspect('m').instances[0]?.lastError, pool.metrics().loadFailures], [['failed'], 'no weights', 1])
      const again = watched(pool.allocateModel({ model: 'm' }))
      await settle()
      equal(runner.loads.length, 0)
      clock.advance(60_000)
      await settle()
      runner.loads[0]?.succeed()
      await settle()
      same([again.state, states(pool)], ['fulfilled', ['hot']])
    },
  },
  {
    name: 'each failure in a row makes the pause before the next load longer',
    async run(make) {
      const { pool, clock } = await stage(make)
      const runner = new HandRunner(true)
      pool.registerModel({ id: 'm', runner })
      const gapsMs: number[] = []
      for (let failure = 0; failure < 4; failure++) {
        const wait = watched(pool.allocateModel({ model: 'm' }))
        let gapMs = 0
        for (await settle(); runner.loads.length === 0 && gapMs < 600_000; gapMs += 50) {
          clock.advance(50)
          await settle()
        }
        gapsMs.push(gapMs)
        runner.loads[0]?.fail(new Error('no'))
        await settle()
        equal(wait.state, 'rejected')
      }
      equal(gapsMs[0], 0)
      ok(gapsMs.slice(1).every((gapMs, index) => gapMs > (gapsMs[index] as number)), `each pause is longer: ${gapsMs.join(', ')}`)
    },
  },
  {
    name: 'who can still be served by another instance is not told of a failed load',
    async run(make) {
      const { pool } = await stage(make)
      const runner = new HandRunner(true)
      pool.registerModel({ id: 'm', runner, instancesMax: 2 })
      const [first, second] = [watched(pool.allocateModel({ model: 'm' })), watched(pool.allocateModel({ model: 'm' }))]
      await settle()
      runner.loads[0]?.succeed()
      await settle()
      runner.loads[0]?.fail(new Error('no'))
      await settle()
      same([first.state, second.state], ['fulfilled', 'waiting'])
      first.value?.release()
      await settle()
      equal(second.state, 'fulfilled')
    },
  },
  {
    name: 'a load that takes too long has failed, and what it brings later is thrown away',
    async run(make) {
      const { pool, clock } = await stage(make)
      const runner = new HandRunner(true)
      pool.registerModel({ id: 'm', runner, loadTimeoutMs: 1_000 })
      const wait = quiet(pool.allocateModel({ model: 'm' }))
      await settle()
      const slow = runner.loads[0]
      clock.advance(1_000)
      await refused('MODEL_LOAD_FAILED', wait)
      equal(slow?.context.signal.aborted, true)
      slow?.succeed()
      await settle()
      same([states(pool), runner.terminated + runner.unloaded, pool.freeSlots(pool.modelNumber('m'))], [['failed'], 1, 0])
    },
  },
]

const keeping: readonly Case<PoolManager>[] = [
  {
    name: 'the minimum is loaded from the start on, and kept',
    async run(make) {
      const { pool } = await stage(make)
      const runner = new HandRunner()
      pool.registerModel({ id: 'm', runner, instancesMin: 2, instancesMax: 3 })
      await pool.start?.()
      await settle()
      equal(pool.freeSlots(pool.modelNumber('m')), 2)
      await served(pool.prewarm('m', 3))
      await served(pool.drain())
      equal(states(pool).filter((state) => state === 'hot').length, 2)
      same(pool.inspect('m').instances.map(({ row }) => pool.cool(row)), [false, false, false])
      pool.registerModel({ id: 'n', runner, instancesMin: 1 })
      await settle()
      equal(pool.freeSlots(pool.modelNumber('n')), 1)
    },
  },
  {
    name: 'an idle instance is cooled on request, a busy or cold one is not',
    async run(make) {
      const { pool, runner } = await hot(make)
      const lease = take(pool)
      equal(pool.cool(lease.instance), false)
      equal(lease.invoke(1), 1)
      lease.release()
      equal(pool.cool(lease.instance), true)
      await settle()
      same([states(pool), runner.unloaded, pool.freeSlots(pool.modelNumber('m'))], [['cold'], 1, 0])
      equal(pool.cool(lease.instance), false)
      equal(pool.cool(999 as InstanceRow), false)
    },
  },
  {
    name: 'draining unloads idle instances now and busy ones after their last lease',
    async run(make) {
      const { pool, runner } = await hot(make, { instancesMax: 2, slotsPerInstance: 2 })
      const [busy, other] = [take(pool), take(pool)]
      other.release()
      const drained = watched(pool.drain('m'))
      await settle()
      same([drained.state, runner.unloaded, states(pool).toSorted()], ['waiting', 1, ['cold', 'cooling']])
      equal(pool.tryAllocateModel('m'), undefined)
      equal(busy.invoke('goes on'), 'goes on')
      busy.release()
      await settle()
      same([drained.state, states(pool)], ['fulfilled', ['cold', 'cold']])
    },
  },
  {
    name: 'tells of instances that become idle, if their model has an idle time',
    async run(make) {
      const { pool } = await hot(make, { idleMs: 5_000, slotsPerInstance: 2 })
      const told: [InstanceRow, number][] = []
      const stop = pool.onIdle((instance, idleMs) => told.push([instance, idleMs]))
      const [a, b] = [take(pool), take(pool)]
      a.release()
      same(told, [])
      b.release()
      same(told, [[b.instance, 5_000]])
      stop()
      take(pool).release()
      equal(told.length, 1)
    },
  },
  {
    name: 'an instance that breaks ends its leases and is replaced',
    async run(make) {
      const { pool, runner, clock } = await hot(make)
      const lease = take(pool)
      const wait = watched(pool.allocateModel({ model: 'm' }))
      runner.contexts[0]?.fail?.(new Error('its thread died'))
      equal(lease.isLive, false)
      fails('LEASE_EXPIRED', () => lease.invoke(1))
      equal(lease.release(), false)
      clock.advance(60_000)
      await settle()
      same([wait.state, runner.contexts.length, pool.inspect('m').instances[0]?.failures], ['fulfilled', 2, 1])
      runner.contexts[0]?.fail?.(new Error('an echo of the one before'))
      equal(wait.value?.isLive, true)
    },
  },
  {
    name: 'an instance whose calls fail again and again is asked for its health, and replaced if it is not well',
    needs: ['healthProbes'],
    async run(make) {
      const { pool, runner } = await hot(make)
      runner.answer = () => { throw new Error('no') }
      const lease = take(pool)
      for (let call = 0; call < 10; call++) fails('MODEL_FAILED', () => lease.invoke(call))
      await settle()
      equal(lease.isLive, true)
      runner.isWell = false
      for (let call = 0; call < 10; call++) fails('MODEL_FAILED', () => lease.invoke(call))
      await settle()
      same([lease.isLive, states(pool)], [false, ['failed']])
    },
  },
  {
    name: 'instances only move as their life cycle allows',
    async run(make) {
      const { pool, clock, events } = await stage(make, { memoryBytesMax: 30 })
      const runners = ['a', 'b'].map((id) => {
        const runner = new HandRunner(true)
        pool.registerModel({ id, runner, memoryBytes: 10, instancesMax: 2 })
        return runner
      })
      const settleAll = async (loads: readonly string[]): Promise<void> => {
        for (const how of loads) {
          await settle()
          const load = runners.flatMap((runner) => runner.loads)[0]
          if (how === 'ok') load?.succeed()
          else load?.fail(new Error('no'))
        }
        await settle()
      }
      const waits = ['a', 'a', 'b', 'b'].map((model) => watched(pool.allocateModel({ model })))
      await settleAll(['ok', 'no', 'ok', 'ok'])
      clock.advance(60_000)
      await settleAll(['ok', 'ok', 'ok'])
      runners[0]?.contexts[0]?.fail?.(new Error('broke'))
      for (const wait of waits) wait.value?.release()
      await served(pool.drain())
      const again = watched(pool.allocateModel({ model: 'a' }))
      await settle()
      await served(pool.close())
      equal(again.state, 'rejected')
      const moves = events.filter((event) => event.type === EVENTS.INSTANCE_TRANSITION)
      ok(moves.length >= 12, `${moves.length} moves`)
      for (const { a } of moves) ok(legalMoves.has(a), `a move from ${a >> 4} to ${a & 15}`)
      const last = new Map<number, number>()
      for (const { subject, a } of moves) {
        equal(a >> 4, last.get(subject) ?? COLD, 'each move begins where the last one ended')
        last.set(subject, a & 15)
      }
    },
  },
]

const expiry: readonly Case<PoolManager>[] = [
  {
    name: 'a lease that is not released in time is taken back, and goes to who waits',
    needs: ['leaseExpiry'],
    async run(make) {
      const { pool, clock, events } = await hot(make)
      const late = await served(pool.allocateModel({ model: 'm', leaseMs: 1_000 }))
      const wait = watched(pool.allocateModel({ model: 'm', leaseMs: 1_000 }))
      clock.advance(999)
      equal(late.isLive, true)
      clock.advance(1)
      await settle()
      same([late.isLive, wait.state], [false, 'fulfilled'])
      equal(late.release(), false)
      equal(wait.value?.isLive, true)
      ok((wait.value?.token ?? 0) > late.token, 'tokens rise')
      same(events.filter((event) => event.type === EVENTS.LEASE_EXPIRED).map((event) => [event.subject, event.a]), [[late.instance, late.token]])
      equal(wait.value?.release(), true)
      clock.advance(10_000)
      const { leasesGranted, leasesReleased, leasesExpired } = pool.metrics()
      same([leasesGranted, leasesReleased, leasesExpired], [2, 1, 1])
    },
  },
  {
    name: 'the running call of a lease that is taken back is aborted',
    needs: ['leaseExpiry'],
    async run(make) {
      const { pool, runner, clock } = await hot(make)
      let signal: AbortSignal | undefined
      runner.answer = (_input, context) => new Promise((_resolve, reject) => {
        signal = context.signal
        signal.addEventListener('abort', () => reject(signal?.reason as Error))
      })
      const lease = await served(pool.allocateModel({ model: 'm', leaseMs: 50 }))
      const answer = quiet(lease.invoke(1) as Promise<unknown>)
      equal(signal?.aborted, false)
      clock.advance(50)
      await refused('LEASE_EXPIRED', answer)
    },
  },
]

/** The part of the pool's suite that is about instances: loading, keeping, replacing, taking back. */
export const poolLifeCycleCases: readonly Case<PoolManager>[] = [...loading, ...keeping, ...expiry]
