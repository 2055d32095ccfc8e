import { nativePool } from '@symphony/native/pool'
import type { MakePoolBackend, PoolBackend } from '@symphony/pool'
import { describe, expect, it } from 'vitest'
import { POOL_BUGS, POOL_BUGS_FOUND_BY_RULES } from './differential/pool-planted-bugs.ts'
import { PoolStream } from './differential/pool-stream.ts'
import { Divergence } from './differential/sides.ts'
import { hasNative } from './native-here.ts'

const COMMANDS = 1_000_000
const SEEDS = 20
const KINDS = ['takeSlot', 'takeSlots', 'endLease', 'endLease of another', 'takeBack', 'freeSlot', 'freeGateSlots', 'relet', 'openInstance', 'closeInstance', 'usedSlots', 'freeSlots']
const typescript: MakePoolBackend = (_, own) => own

/** What a stream did, by kind of command. */
function run(seed: number, commands: number, make: MakePoolBackend, first?: MakePoolBackend): ReadonlyMap<string, number> {
  const stream = new PoolStream(seed, make, first)
  try {
    while (stream.commands < commands) stream.step()
  } catch (error) {
    if (error instanceof Divergence) throw new Divergence(`seed ${seed}, command ${stream.commands}: ${error.message}`)
    throw error
  } finally {
    stream.close()
  }
  return stream.tally
}

/** A backend with one mistake in it. */
function bent(name: string, make: MakePoolBackend): MakePoolBackend {
  return (region, own) => {
    const whole = make(region, own)
    const bug = (POOL_BUGS[name] as (typeof POOL_BUGS)[string])(whole, region)
    return new Proxy(whole, {
      get(from, key) {
        const value: unknown = Reflect.get(bug, key) ?? Reflect.get(from, key)
        return typeof value === 'function' ? (value as () => unknown).bind(from) : value
      },
    }) satisfies PoolBackend
  }
}

it('the TypeScript backend does what the plain rules say', () => {
  const tally = run(1, 20_000, typescript)
  for (const kind of KINDS) expect(tally.get(kind), kind).toBeGreaterThan(100)
})

describe.skipIf(!hasNative)('the native backend', () => {
  it(`leaves the bytes of the TypeScript one, and does what the plain rules say, over ${COMMANDS} commands`, { timeout: 600_000 }, () => {
    const tally = new Map<string, number>()
    for (let seed = 0; seed < SEEDS; seed++) {
      for (const [kind, count] of run(seed, COMMANDS / SEEDS, nativePool())) tally.set(kind, (tally.get(kind) ?? 0) + count)
    }
    for (const kind of [...KINDS, 'refused']) expect(tally.get(kind), kind).toBeGreaterThan(1000)
    expect([...tally.values()].reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(COMMANDS)
  })
})

describe.each(Object.keys(POOL_BUGS))('a backend in which %s', (name) => {
  it.each([['TypeScript', typescript], ...(hasNative ? [['native', nativePool()] as const] : [])] as const)('is found out on the %s one', (_, make) => {
    expect(() => run(7, 20_000, bent(name, make))).toThrow(Divergence)
  })
})

it.each(POOL_BUGS_FOUND_BY_RULES)('the plain rules alone find that %s', (name) => {
  expect(() => run(7, 20_000, bent(name, typescript), bent(name, typescript))).toThrow(Divergence)
})
