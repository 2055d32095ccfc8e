import { typescriptBackend } from '@symphony/dag/for-backends'
import type { DagBackend } from '@symphony/dag/for-backends'
import { nativeDag } from '@symphony/native/dag'
import { describe, expect, it } from 'vitest'
import { hasNative } from './native-here.ts'
import { FOUND_BY_RULES, PLANTED_BUGS } from './differential/planted-bugs.ts'
import { Divergence } from './differential/sides.ts'
import { Stream } from './differential/stream.ts'

const COMMANDS = 1_000_000
const SEEDS = 20
const KINDS = [
  'start', 'free', 'take', 'begin', 'beginMany', 'complete', 'completeMany', 'fail', 'postpone', 'wake', 'skip', 'cancel', 'a choice', 'an added task', 'an added condition',
]

/** What a stream did, by kind of command. */
function run(seed: number, commands: number, make: (own: DagBackend) => DagBackend, first?: DagBackend): ReadonlyMap<string, number> {
  const stream = new Stream(seed, make(typescriptBackend), first)
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

it('the TypeScript backend does what the plain rules say', () => {
  const tally = run(1, 20_000, (own) => ({ ...own }))
  for (const kind of KINDS) expect(tally.get(kind), kind).toBeGreaterThan(20)
})

describe.skipIf(!hasNative)('the native backend', () => {
  it(`leaves the bytes of the TypeScript one, and does what the plain rules say, over ${COMMANDS} commands`, { timeout: 600_000 }, () => {
    const tally = new Map<string, number>()
    for (let seed = 0; seed < SEEDS; seed++) {
      for (const [kind, count] of run(seed, COMMANDS / SEEDS, (own) => nativeDag()(own))) tally.set(kind, (tally.get(kind) ?? 0) + count)
    }
    for (const kind of [...KINDS, 'refused']) expect(tally.get(kind), kind).toBeGreaterThan(1000)
    expect([...tally.values()].reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(COMMANDS)
  })
})

describe.each(Object.entries(PLANTED_BUGS))('a backend in which %s', (_, bug) => {
  it.each([['TypeScript', (own: DagBackend) => own], ...(hasNative ? [['native', (own: DagBackend): DagBackend => nativeDag()(own)] as const] : [])] as const)('is found out on the %s one', (__, make) => {
    const bend = (own: DagBackend): DagBackend => {
      const whole = make(own)
      return { ...whole, ...bug(whole) }
    }
    expect(() => run(7, 20_000, bend)).toThrow(Divergence)
  })
})

it.each(FOUND_BY_RULES)('the plain rules alone find that %s', (name) => {
  const bug = PLANTED_BUGS[name] as (typeof PLANTED_BUGS)[string]
  const bent = { ...typescriptBackend, ...bug(typescriptBackend) }
  expect(() => run(7, 20_000, () => bent, bent)).toThrow(Divergence)
})
