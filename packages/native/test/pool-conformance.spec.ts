import { declareSuite, judge, poolSuite } from '@symphony/conformance'
import type { SuiteSetup } from '@symphony/conformance'
import type { EventSink, PoolManager } from '@symphony/interface'
import { nativePool } from '@symphony/native/pool'
import type { NativePoolBackend } from '@symphony/native/pool'
import { createPoolManager } from '@symphony/pool'
import type { MakePoolBackend, PoolInit } from '@symphony/pool'
import { VirtualClock } from '@symphony/ports'
import { describe, expect, it } from 'vitest'
import { hasNative } from './native-here.ts'

/** The pool on another backend, as the suite wants it. */
function poolsOn(init: PoolInit): SuiteSetup<PoolManager> {
  return {
    supports: createPoolManager({ instancesMax: 1 }).supports,
    create(options) {
      const clock = new VirtualClock()
      const events: { type: number; subject: number; a: number; b: number }[] = []
      const sink: EventSink = { publish: (type, subject, a, b) => void events.push({ type, subject, a, b }) }
      const pool = createPoolManager({ ...init, ...options }, { clock, events: sink })
      // The pool's own backend stepping in would hide what the other one cannot do. What the suite itself breaks has a text as its cause.
      pool.onPanic(({ cause }) => {
        if (cause instanceof Error) throw cause
      })
      return { component: pool, surroundings: { clock, events }, dispose: () => pool.close() }
    },
  }
}

const ways: readonly (readonly [name: string, init: PoolInit])[] = [['the TypeScript backend', {}], ...(hasNative ? [['the native backend', { backend: nativePool() }] as const] : [])]

describe.each(ways)('a pool on %s', (_, init) => {
  declareSuite({ describe, it }, poolSuite, poolsOn(init))
})

/** Each changes what Rust does in one way, and a case has to notice. */
const toys: readonly (readonly [name: string, noticedBy: string, bend: (native: NativePoolBackend) => Partial<NativePoolBackend>])[] = [
  ['gives nothing', 'leases never exceed the slots of hot instances', () => ({ takeSlot: () => -1, freeSlots: () => 0 })],
  ['ends every lease twice', 'releasing twice does nothing the second time', (native) => ({ endLease: (slot, word) => native.endLease(slot, word) || true, freeSlot: () => false })],
  ['fills in one slot for all', 'slots by the column are leases: counted, exclusive, and returned once', (native) => ({
    takeSlots(model, slots, words, count) {
      const taken = native.takeSlots(model, slots, words, count)
      slots.fill(slots[0] as number, 0, taken)
      return taken
    },
  })],
  ['finds every instance idle', 'never unloads what is pinned, busy or at its minimum to make room, and waits instead', () => ({ isIdle: () => true, usedSlots: () => 0 })],
]

describe.skipIf(!hasNative)('a native backend that', () => {
  it.each(toys)('%s is noticed', async (_, noticedBy, bend) => {
    const make = (): MakePoolBackend => nativePool()
    const bent: MakePoolBackend = (region, own) => {
      const native = make()(region, own) as NativePoolBackend
      const other = bend(native)
      return new Proxy(native, {
        get(from, key) {
          const value: unknown = Reflect.get(other, key) ?? Reflect.get(from, key)
          return typeof value === 'function' ? (value as () => unknown).bind(from) : value
        },
      })
    }
    const suite = { ...poolSuite, cases: poolSuite.cases.filter(({ name }) => name === noticedBy) }
    expect(await judge(suite, poolsOn({ backend: bent }))).toMatchObject([{ outcome: 'failed' }])
    expect(await judge(suite, poolsOn({ backend: make() }))).toMatchObject([{ outcome: 'passed' }])
  })
})
