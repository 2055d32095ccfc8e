import { describe, expect, it } from 'vitest'
import { compileCondition, decompile } from '../src/definition/condition.ts'

const IDS = ['a', 'b', 'c', 'page 1']
const nodeOf = (id: string): number | undefined => (IDS.includes(id) ? IDS.indexOf(id) : undefined)

function plain(condition: unknown): unknown {
  const program = compileCondition(condition, nodeOf)
  return typeof program === 'string' ? program : decompile(program, (node) => IDS[node] as string)
}

describe('conditions as text', () => {
  it('bind ! before && before ||, and mean success where nothing is said', () => {
    const [a, b, c] = IDS.map((task) => ({ task, is: 'succeeded' }))
    expect(plain('a || b && !c')).toEqual({ any: [a, { all: [b, { not: c }] }] })
    expect(plain(' ( a||b )&&c.succeeded ')).toEqual({ all: [{ any: [a, b] }, c] })
    expect(plain(`"page 1".failed || 'page 1'.ended`)).toEqual({ any: [{ task: 'page 1', is: 'failed' }, { task: 'page 1', is: 'ended' }] })
    expect(plain('!!a.cancelled')).toEqual({ not: { not: { task: 'a', is: 'cancelled' } } })
  })

  it('say where they go wrong', () => {
    expect(plain('a &&')).toContain('at character 5')
    expect(plain('(a')).toContain('closing parenthesis at character 3')
    expect(plain('a b')).toContain('expected &&, || or the end at character 3')
    expect(plain('"a')).toContain('closing quote')
    expect(plain('a.done')).toContain('not "done"')
    expect(plain('d')).toContain('no task "d"')
    expect(plain('')).toContain('the id of a task')
  })
})

describe('conditions as data', () => {
  it('are refused in any other form', () => {
    for (const wrong of [null, 7, {}, [], { all: [] }, { any: 'a' }, { all: [{ task: 'a', is: 'failed' }], any: [] }, { task: 'a' }]) expect(typeof plain(wrong)).toBe('string')
  })

  it('may not be nested without end', () => {
    const leaf = { task: 'a', is: 'failed' } as const
    const nested = (depth: number): object => (depth === 0 ? leaf : { all: [leaf, nested(depth - 1)] })
    expect(typeof plain(nested(29))).toBe('object')
    expect(plain(nested(30))).toContain('nested')
    expect(plain('('.repeat(5000) + 'a' + ')'.repeat(5000))).toContain('nested')
  })
})
