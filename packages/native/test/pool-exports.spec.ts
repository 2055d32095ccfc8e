import { nativePool } from '@symphony/native/pool'
import { createPoolManager, SlotBackend } from '@symphony/pool'
import type { PoolRegion } from '@symphony/pool'
import type { Runner } from '@symphony/interface'
import { describe, expect, it } from 'vitest'
import type { NativeBinding, PoolHandle } from '../src/binding.ts'
import { nativeBinding } from '../src/loader.ts'
import { codeOf } from './code-of.ts'
import { hasNative } from './native-here.ts'

const runner: Runner = { kind: 'test', load: () => ({ invoke: (input) => input, unload() {} }) }

/** A region with one model of two hot instances with three slots each; slot 0 is leased, the lease on slot 1 was ended. */
async function hotRegion(): Promise<PoolRegion> {
  const pool = createPoolManager({ instancesMax: 4, models: [{ id: 'm', runner, instancesMax: 2, slotsPerInstance: 3 }] })
  await pool.prewarm('m', 2)
  const own = new SlotBackend(pool.region)
  for (let slot = 0; slot < 2; slot++) {
    Atomics.and(pool.region.tables.gates.columns.free, 0, ~(1 << slot))
    own.relet(slot)
  }
  own.endLease(1, own.taken)
  return pool.region
}

type Bound<F> = F extends (handle: number, ...given: infer G) => infer R ? (...given: G) => R : never

/** What a handle is passed to, without it. */
type Attached = PoolHandle & { readonly [K in keyof NativeBinding as K extends `pool${infer N}` ? Uncapitalize<N> : never]: Bound<NativeBinding[K]> }

function attach(region: PoolRegion, holder: number = 0): Attached {
  const binding = nativeBinding()
  const handle = new binding.PoolHandle(new Uint8Array(region.buffer), new Uint8Array(new SharedArrayBuffer(4)), holder)
  const number = handle.number()
  const functions = Object.entries(binding).filter(([name]) => name.startsWith('pool')) as [string, (...given: unknown[]) => unknown][]
  const bound = functions.map(([name, call]) => [`${(name[4] as string).toLowerCase()}${name.slice(5)}`, (...given: unknown[]) => call(number, ...given)])
  return { ...Object.fromEntries(bound), number: () => handle.number(), detach: () => handle.detach() } as Attached
}

/** A call of every method that would do, on a handle of `hotRegion`. */
const calls: Readonly<Record<keyof Attached, (handle: Attached) => unknown>> = {
  number: (handle) => handle.number(),
  detach: (handle) => handle.detach(),
  takeSlot: (handle) => handle.takeSlot(0),
  takeSlots: (handle) => handle.takeSlots(0, new Int32Array(2), new Int32Array(2), 2),
  endLease: (handle) => handle.endLease(0, 1),
  takeBack: (handle) => handle.takeBack(0),
  freeSlot: (handle) => handle.freeSlot(1),
  freeGateSlots: (handle) => handle.freeGateSlots(0, 2),
  relet: (handle) => handle.relet(1),
  openInstance: (handle) => handle.openInstance(0),
  closeInstance: (handle) => handle.closeInstance(0),
  usedSlots: (handle) => handle.usedSlots(0),
  freeSlots: (handle) => handle.freeSlots(0),
}
const names = Object.keys(calls) as (keyof Attached)[]
const bytesOf = (region: PoolRegion): Buffer => Buffer.from(new Uint8Array(region.buffer).slice())

describe.skipIf(!hasNative)('a handle of a pool', () => {
  it('has the functions this test knows', () => {
    const binding = nativeBinding()
    const methods = Object.getOwnPropertyNames(binding.PoolHandle.prototype).filter((name) => name !== 'constructor')
    const functions = Object.keys(binding).filter((name) => name.startsWith('pool'))
    expect([...functions, ...methods].sort()).toEqual(names.map((name) => (methods.includes(name) ? name : `pool${(name[0] as string).toUpperCase()}${name.slice(1)}`)).sort())
  })

  it.each(names)('does %s, panics as BACKEND_PANIC with the place and is of no use any more, and is closed when detached', async (name) => {
    const region = await hotRegion()
    expect(codeOf(() => calls[name](attach(region)))).toBe('none')
    const handle = attach(await hotRegion())
    nativeBinding().panicNext()
    expect(() => calls[name](handle)).toThrow(expect.objectContaining({ code: 'BACKEND_PANIC', message: expect.stringMatching(/panicNext asked for this panic.*\.rs:\d+:\d+/) as string }))
    handle.detach()
    expect(codeOf(() => calls[name](handle))).toBe(name === 'detach' || name === 'number' ? 'none' : 'CLOSED')
  })

  it('is poisoned by a panic inside', async () => {
    const region = await hotRegion()
    const handle = attach(region)
    region.tables.models.columns.gates[0] = 1 << 20
    expect(codeOf(() => handle.freeSlots(0))).toBe('BACKEND_PANIC')
    expect(codeOf(() => handle.takeSlot(0))).toBe('BACKEND_PANIC')
    handle.detach()
  })

  it('dies once, and one whose making panics is none', async () => {
    const binding = nativeBinding()
    const region = await hotRegion()
    const before = binding.liveHandles()
    binding.panicNext()
    expect(codeOf(() => attach(region))).toBe('BACKEND_PANIC')
    const handle = attach(region)
    expect(binding.liveHandles()).toBe(before + 1)
    handle.detach()
    handle.detach()
    expect(binding.liveHandles()).toBe(before)
  })
})

describe.skipIf(!hasNative)('every number from JavaScript', () => {
  const wrong: readonly unknown[] = [-1, 0.5, NaN, Infinity, 2 ** 31, 2 ** 32, 2 ** 32 + 1, 2 ** 53, 3, 31, 4096, '0', null, undefined, {}, 0n, true, Symbol('slot'), new Int32Array(1)]

  it.each(wrong.map((value) => [typeof value === 'symbol' ? 'a symbol' : typeof value === 'bigint' ? '0n' : (JSON.stringify(value) ?? String(value)), value] as const))('%s is no slot, no instance and no gate: refused, and nothing is written', async (_, value) => {
    const region = await hotRegion()
    const handle = attach(region)
    const before = bytesOf(region)
    const row = value as number
    const column = new Int32Array(2)
    const given = [
      () => handle.endLease(row, 1), () => handle.takeBack(row), () => handle.freeSlot(row), () => handle.relet(row), () => handle.freeGateSlots(row, 1),
      () => handle.openInstance(row), () => handle.closeInstance(row), () => handle.usedSlots(row),
      ...(value === 3 || value === 31 ? [] : [() => handle.takeSlot(row), () => handle.freeSlots(row), () => handle.takeSlots(row, column, column, 1)]),
      ...(value === -1 || value === 3 || value === 31 || value === 4096 ? [] : [() => handle.endLease(0, row), () => handle.freeGateSlots(0, row)]),
      () => handle.takeSlots(0, column, column, row), () => attach(region, value === undefined ? NaN : row),
    ]
    for (const call of given) expect(codeOf(call), String(call)).toBe('INVALID_ARGUMENT')
    expect(bytesOf(region).equals(before)).toBe(true)
    handle.detach()
  })

  it('has to name a slot in the state that the call needs', async () => {
    const region = await hotRegion()
    const handle = attach(region)
    const before = bytesOf(region)
    const refused = [() => handle.freeSlot(0), () => handle.freeSlot(2), () => handle.relet(0), () => handle.relet(2), () => handle.freeGateSlots(0, 3), () => handle.freeGateSlots(0, 8), () => handle.freeGateSlots(0, -1)]
    expect(new Set(refused.map(codeOf))).toEqual(new Set(['INVALID_ARGUMENT']))
    expect([handle.endLease(0, 3), handle.endLease(0, 2), handle.endLease(1, 2), handle.takeBack(1)]).toEqual([false, false, false, 0])
    expect(bytesOf(region).equals(before)).toBe(true)
    handle.detach()
  })

  it('is no region unless it is one of a pool, whole and shared', async () => {
    const { PoolHandle } = nativeBinding()
    const whole = new Uint8Array((await hotRegion()).buffer)
    const box = new Uint8Array(new SharedArrayBuffer(4))
    const make = (region: unknown, outbox: unknown = box): string => codeOf(() => new PoolHandle(region as Uint8Array, outbox as Uint8Array, 0))
    expect([make(Uint8Array.from(whole)), make(null), make(whole, null), make(whole, new Uint8Array(new SharedArrayBuffer(3)))]).toEqual(Array(4).fill('INVALID_ARGUMENT'))
    expect([make(whole.subarray(64)), make(whole.subarray(0, 640))]).toEqual(['REGION_CORRUPT', 'REGION_CORRUPT'])
    new Int32Array(whole.buffer)[2]!++
    expect(make(whole)).toBe('LAYOUT_MISMATCH')
  })
})

describe.skipIf(!hasNative)('a native backend', () => {
  it('lets go of its region when another one takes its place, when the pool is put right, and when it is closed', async () => {
    const binding = nativeBinding()
    const before = binding.liveHandles()
    const pool = createPoolManager({ models: [{ id: 'm', runner, slotsPerInstance: 2 }] })
    await pool.prewarm('m')
    pool.attachBackend(nativePool())
    pool.attachBackend(nativePool())
    expect(binding.liveHandles()).toBe(before + 1)
    const lease = pool.tryAllocateModel('m')
    pool.attachBackend((_, own) => own)
    expect(binding.liveHandles()).toBe(before)
    expect([lease?.release(), lease?.release()]).toEqual([true, false])
    pool.attachBackend(nativePool())
    binding.panicNext()
    expect(pool.tryAllocateModel('m')?.release()).toBe(true)
    expect(pool.health().status).toBe('quarantined')
    pool.reattach?.()
    expect([binding.liveHandles(), pool.health().status, pool.freeSlots(pool.modelNumber('m'))]).toEqual([before, 'healthy', 2])
    pool.attachBackend(nativePool())
    await pool.close()
    expect(binding.liveHandles()).toBe(before)
  })
})
