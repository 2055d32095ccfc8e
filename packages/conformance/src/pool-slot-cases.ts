import { EVENTS } from '@symphony/interface'
import type { ModelNumber, PoolManager } from '@symphony/interface'
import { equal, fails, ok, same } from './expectations.ts'
import { HandRunner, hot, settle, stage, states, take, watched } from './pool-stage.ts'
import type { PoolStage } from './pool-stage.ts'
import type { Case } from './suite.ts'

/** Columns for some leases. */
function columns(rows: number): { readonly slots: Int32Array; readonly words: Int32Array } {
  return { slots: new Int32Array(rows), words: new Int32Array(rows) }
}

const tokensOf = ({ events }: PoolStage, type: number): readonly number[] => events.filter((event) => event.type === type).map(({ a }) => a)

/** Leases as numbers, by the column. */
export const poolSlotCases: readonly Case<PoolManager>[] = [
  {
    name: 'slots by the column are leases: counted, exclusive, and returned once',
    needs: ['slotLeases'],
    async run(make) {
      const { pool } = await hot(make, { slotsPerInstance: 70 })
      const model = pool.modelNumber('m')
      const { slots, words } = columns(100)
      equal(pool.tryAllocateSlots(model, slots, words, 40), 40)
      const lease = take(pool)
      same([pool.freeSlots(model), pool.inspect('m').slotsUsed], [29, 41])
      const rest = columns(100)
      equal(pool.tryAllocateSlots(model, rest.slots, rest.words, 100), 29)
      equal(new Set([...slots.subarray(0, 40), ...rest.slots.subarray(0, 29)]).size, 69)
      same([pool.tryAllocateModel(model), pool.tryAllocateSlots(model, columns(1).slots, columns(1).words, 1)], [undefined, 0])
      equal(pool.releaseSlots(model, slots, words, 40), 40)
      equal(pool.releaseSlots(model, slots, words, 40), 0)
      equal(pool.freeSlots(model), 40)
      lease.release()
      pool.releaseSlots(model, rest.slots, rest.words, 29)
      const { leasesGranted, leasesReleased, hitRate } = pool.metrics()
      same([leasesGranted, leasesReleased, hitRate, pool.inspect('m').slotsUsed], [70, 70, 1, 0])
    },
  },
  {
    name: 'slots by the column spread over instances of several slots, and reach all instances of one',
    needs: ['slotLeases'],
    async run(make) {
      const { pool } = await hot(make, { instancesMax: 4, slotsPerInstance: 3 })
      const { slots, words } = columns(8)
      equal(pool.tryAllocateSlots(pool.modelNumber('m'), slots, words, 8), 8)
      same(pool.inspect('m').instances.map((instance) => instance.slotsUsed), [2, 2, 2, 2])
      const other = await hot(make, { instancesMax: 5 })
      equal(other.pool.tryAllocateSlots(other.pool.modelNumber('m'), slots, words, 8), 5)
      equal(other.pool.releaseSlots(other.pool.modelNumber('m'), slots, words, 5), 5)
      equal(other.pool.freeSlots(other.pool.modelNumber('m')), 5)
    },
  },
  {
    name: 'slots by the column have events and tokens that rise',
    needs: ['slotLeases'],
    async run(make) {
      const staged = await hot(make, { slotsPerInstance: 2 })
      const { pool } = staged
      const model = pool.modelNumber('m')
      const { slots, words } = columns(2)
      for (let round = 0; round < 3; round++) {
        pool.tryAllocateSlots(model, slots, words, 2)
        pool.releaseSlots(model, slots, words, 2)
      }
      const granted = tokensOf(staged, EVENTS.LEASE_GRANTED)
      same(granted, tokensOf(staged, EVENTS.LEASE_RELEASED))
      same([granted.length, pool.inspect('m').instances[0]?.leasesTotal], [6, 6])
      ok(granted.every((token, at) => at < 2 || token > (granted[at - 2] as number)), `${granted.join()} rise`)
      const last = staged.events.findLast(({ type }) => type === EVENTS.LEASE_RELEASED)
      same([last?.subject, last?.b], [pool.inspect('m').instances[0]?.row, model])
    },
  },
  {
    name: 'slots that come back by the column go to who waits, and the rest is told',
    needs: ['slotLeases'],
    async run(make) {
      const { pool, clock } = await hot(make, { slotsPerInstance: 4, idleMs: 1_000 })
      const model = pool.modelNumber('m')
      const { slots, words } = columns(4)
      equal(pool.tryAllocateSlots(model, slots, words, 4), 4)
      const told: ModelNumber[] = []
      const idle: number[] = []
      pool.onIdle((instance, idleMs) => void idle.push(instance, idleMs))
      const wait = watched(pool.allocateModel({ model: 'm' }))
      const gang = watched(pool.allocateModels([{ model: 'm' }, { model: 'm' }]))
      clock.advance(5)
      pool.onSlotFree((number) => void told.push(number))
      equal(pool.releaseSlots(model, slots, words, 4), 4)
      await settle()
      same([wait.state, gang.state, pool.freeSlots(model)], ['fulfilled', 'fulfilled', 1])
      ok(told.length > 0 && told.every((number) => number === model), 'the model is told')
      same(idle, [])
      for (const lease of [wait.value, ...(gang.value ?? [])]) lease?.release()
      const row = pool.inspect('m').instances[0]?.row
      same(idle, [row, 1_000])
      pool.tryAllocateSlots(model, slots, words, 2)
      clock.advance(20)
      pool.releaseSlots(model, slots, words, 2)
      same(idle, [row, 1_000, row, 1_000])
      equal(pool.inspect('m').instances[0]?.idleSinceMs, clock.monotonicMs())
    },
  },
  {
    name: 'slots are free again before anybody is told, so that a listener may take them into the same columns',
    needs: ['slotLeases'],
    async run(make) {
      const { pool } = await hot(make, { slotsPerInstance: 3 })
      const model = pool.modelNumber('m')
      const { slots, words } = columns(3)
      pool.tryAllocateSlots(model, slots, words, 3)
      let again = 0
      const stop = pool.onSlotFree(() => void (again += pool.tryAllocateSlots(model, slots, words, 3)))
      equal(pool.releaseSlots(model, slots, words, 3), 3)
      await settle()
      same([again, pool.freeSlots(model)], [3, 0])
      stop()
      equal(pool.releaseSlots(model, slots, words, 3), 3)
    },
  },
  {
    name: 'the last slot by the column lets a draining instance go, and closing takes back the rest',
    needs: ['slotLeases'],
    async run(make) {
      const { pool, runner } = await hot(make, { slotsPerInstance: 2 })
      const model = pool.modelNumber('m')
      const { slots, words } = columns(2)
      pool.tryAllocateSlots(model, slots, words, 2)
      const drained = watched(pool.drain('m'))
      await settle()
      same([drained.state, states(pool)[0], pool.releaseSlots(model, slots, words, 1)], ['waiting', 'cooling', 1])
      equal(pool.releaseSlots(model, slots.subarray(1), words.subarray(1), 1), 1)
      await settle()
      same([drained.state, states(pool)[0], runner.unloaded], ['fulfilled', 'cold', 1])
      const other = await hot(make, { slotsPerInstance: 2 })
      other.pool.tryAllocateSlots(other.pool.modelNumber('m'), slots, words, 2)
      await other.pool.close()
      equal(other.pool.releaseSlots(other.pool.modelNumber('m'), slots, words, 2), 0)
      equal(other.pool.metrics().leasesExpired, 2)
      fails('CLOSED', () => other.pool.tryAllocateSlots(other.pool.modelNumber('m'), slots, words, 2))
    },
  },
  {
    name: 'slots that are renewed are leased anew without having been free',
    needs: ['slotLeases'],
    async run(make) {
      const staged = await hot(make, { slotsPerInstance: 3 })
      const { pool } = staged
      if (pool.renewSlots === undefined) return
      const model = pool.modelNumber('m')
      const { slots, words } = columns(3)
      pool.tryAllocateSlots(model, slots, words, 3)
      const [former, told] = [words.slice(), [] as ModelNumber[]]
      pool.onSlotFree((number) => void told.push(number))
      equal(pool.renewSlots(model, slots, words, 2), 2)
      same([pool.freeSlots(model), pool.inspect('m').slotsUsed, told.length], [0, 3, 0])
      equal(pool.releaseSlots(model, slots, former, 2), 0)
      const [granted, released] = [tokensOf(staged, EVENTS.LEASE_GRANTED), tokensOf(staged, EVENTS.LEASE_RELEASED)]
      same([granted.length, released], [5, granted.slice(0, 2)])
      ok(granted.slice(3).every((token, at) => token > (granted[at] as number)), `${granted.join()} rise`)
      const { leasesGranted, leasesReleased } = pool.metrics()
      same([leasesGranted, leasesReleased, words[2]], [5, 2, former[2]])
      equal(pool.releaseSlots(model, slots, words, 3), 3)
      equal(pool.freeSlots(model), 3)
    },
  },
  {
    name: 'slots are renewed as far as nobody waits, their leases live and their instance takes something new',
    needs: ['slotLeases'],
    async run(make) {
      const { pool } = await hot(make, { slotsPerInstance: 3 })
      if (pool.renewSlots === undefined) return
      const model = pool.modelNumber('m')
      const { slots, words } = columns(3)
      pool.tryAllocateSlots(model, slots, words, 3)
      pool.releaseSlots(model, slots.subarray(1), words.subarray(1), 1)
      const before = words.slice()
      equal(pool.renewSlots(model, slots, words, 3), 1)
      same([words[0] === before[0], words[1] === before[1], words[2] === before[2]], [false, true, true])
      const rest = take(pool)
      const wait = watched(pool.allocateModel({ model: 'm' }))
      equal(pool.renewSlots(model, slots, words, 1), 0)
      rest.release()
      await settle()
      equal(wait.state, 'fulfilled')
      wait.value?.release()
      const drained = watched(pool.drain('m'))
      await settle()
      equal(pool.renewSlots(model, slots, words, 1), 0)
      pool.releaseSlots(model, slots, words, 3)
      await settle()
      equal(drained.state, 'fulfilled')
      fails('INVALID_ARGUMENT', () => pool.renewSlots?.(model, slots, words, 4))
    },
  },
  {
    name: 'slots by the column are neither loaded for nor made up',
    needs: ['slotLeases'],
    async run(make) {
      const { pool } = await stage(make)
      const runner = new HandRunner(true)
      const model = pool.registerModel({ id: 'm', runner, slotsPerInstance: 2 })
      const { slots, words } = columns(2)
      equal(pool.tryAllocateSlots(model, slots, words, 2), 0)
      await settle()
      equal(runner.contexts.length, 0)
      fails('INVALID_ARGUMENT', () => pool.tryAllocateSlots(model, slots, words, 3))
      fails('INVALID_ARGUMENT', () => pool.releaseSlots(model, slots, words, -1))
      fails('MODEL_UNKNOWN', () => pool.tryAllocateSlots(99 as ModelNumber, slots, words, 1))
      equal(pool.releaseSlots(model, slots, words, 2), 0)
      equal(pool.releaseSlots(model, Int32Array.of(-5, 1 << 30), Int32Array.of(1, 1), 2), 0)
    },
  },
  {
    name: 'a pool without leases by the column refuses them',
    without: ['slotLeases'],
    async run(make) {
      const { pool } = await hot(make)
      const { slots, words } = columns(1)
      fails('NOT_SUPPORTED', () => pool.tryAllocateSlots(pool.modelNumber('m'), slots, words, 1))
      fails('NOT_SUPPORTED', () => pool.releaseSlots(pool.modelNumber('m'), slots, words, 1))
    },
  },
]
