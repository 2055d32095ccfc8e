import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ArtifactRef, Json, NeedOutcome, TaskRow, TaskType } from '@symphony/interface'
import { cacheKey } from '../src/cache-key.ts'

const type: TaskType = { name: 'task', run: () => 1 }
const need = (id: string, output: string | undefined, state: NeedOutcome['state'] = 'succeeded'): NeedOutcome => ({ id, row: 0 as TaskRow, state, output: output as ArtifactRef | undefined, error: undefined })
const key = (overrides: { workflow?: string; type?: Partial<TaskType>; model?: string; params?: Json; input?: Json; needs?: readonly NeedOutcome[] } = {}): string =>
  cacheKey(overrides.workflow ?? 'flow', { ...type, ...overrides.type }, overrides.model ?? '', overrides.params ?? null, overrides.input ?? null, overrides.needs ?? [])

describe('cacheKey', () => {
  it('does not depend on the order of keys or needs', () => {
    expect(key({ params: { a: 1, b: { c: 2, d: 3 } } })).toBe(key({ params: { b: { d: 3, c: 2 }, a: 1 } }))
    expect(key({ needs: [need('x', '1'), need('y', '2')] })).toBe(key({ needs: [need('y', '2'), need('x', '1')] }))
  })

  it('depends on everything a task can see', () => {
    const keys = [
      key(),
      key({ workflow: 'other' }),
      key({ type: { name: 'other' } }),
      key({ type: { version: '2' } }),
      key({ type: { model: 'ocr' } }),
      key({ model: '2' }),
      key({ params: 1 }),
      key({ input: 1 }),
      key({ needs: [need('x', 'a')] }),
      key({ needs: [need('x', 'b')] }),
      key({ needs: [need('y', 'a')] }),
      key({ needs: [need('x', undefined)] }),
      key({ needs: [need('x', undefined, 'failed')] }),
    ]
    expect(new Set(keys).size).toBe(keys.length)
  })

  it('tells any two different params apart', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        // JSON knows no negative zero.
        const same = JSON.stringify(sorted(a)) === JSON.stringify(sorted(b))
        expect(key({ params: a as Json }) === key({ params: b as Json })).toBe(same)
      }),
    )
  })
})

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return { entries: Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, item]) => [name, sorted(item)]) }
}
