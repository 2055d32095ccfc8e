import type { ArtifactRef, Json, NeedOutcome, TaskRow } from '@symphony/interface'
import { describe, expect, it } from 'vitest'
import { NeedInputs } from '../src/task-inputs.ts'

const need = (id: string, state: NeedOutcome['state'], output?: string): NeedOutcome => ({ id, row: 0 as TaskRow, state, output: output as ArtifactRef, error: undefined })

/** Contents whose address tells what they are. */
const contents = {
  getValue: (ref: ArtifactRef): Json | Uint8Array => (ref.startsWith('json') ? { ref } : new TextEncoder().encode(ref)),
}

describe('the inputs of a task', () => {
  it.each([0, 1, 3, 16, 17, 60])('of %i needs are found by id, in the order of their ids', (count) => {
    const ids = Array.from({ length: count }, (_, index) => `t${(index * 7) % count}`)
    const inputs = new NeedInputs(ids.map((id) => need(id, 'succeeded', `json ${id}`)), contents)
    expect(inputs.ids).toEqual([...ids].sort())
    expect([...inputs.entries()]).toEqual([...ids].sort().map((id) => [id, { ref: `json ${id}` }]))
    expect([inputs.get('stranger'), inputs.ref('stranger'), inputs.outcome('stranger')]).toEqual([undefined, undefined, 'open'])
  })

  it.each([2, 20])('of more than %i needs have an id once, and the last word on it counts', (count) => {
    const others = Array.from({ length: count }, (_, index) => need(`o${index}`, 'skipped'))
    const inputs = new NeedInputs([need('a', 'failed'), ...others, need('a', 'succeeded', 'text')], contents)
    expect(inputs.ids).toEqual(['a', ...others.map(({ id }) => id)].sort())
    expect([inputs.outcome('a'), inputs.outcome('o1')]).toEqual(['succeeded', 'skipped'])
    expect([...inputs.entries()]).toEqual([['a', new TextEncoder().encode('text')]])
  })
})
