import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { KeyedHeap } from '../src/keyed-heap.ts'

const ROWS = 40

describe('the keyed heap beside a sorted list', () => {
  it('agrees after any pushes, removals and updates', () => {
    const operation = fc.record({ row: fc.nat(ROWS - 1), first: fc.nat(5), type: fc.constantFrom('push', 'remove', 'update', 'scale') })
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 200 }), (operations) => {
        const heap = new KeyedHeap(new Int32Array(ROWS))
        const model = new Map<number, { first: number; readonly second: number }>()
        const order = (): number[] => [...model].sort(([, a], [, b]) => a.first - b.first || a.second - b.second).map(([row]) => row)
        let second = 0
        for (const { row, first, type } of operations) {
          const known = model.get(row)
          if (type === 'scale') {
            heap.scaleFirst(0.5)
            for (const entry of model.values()) entry.first *= 0.5
          } else if (type === 'push' && known === undefined) {
            heap.push(row, first, second)
            model.set(row, { first, second: second++ })
          } else if (type === 'remove' && known !== undefined) {
            heap.remove(row)
            model.delete(row)
          } else if (type === 'update' && known !== undefined) {
            heap.update(row, first, known.second)
            known.first = first
          }
          const expected = order()
          expect([heap.size, heap.peek(), heap.runnerUp()]).toEqual([expected.length, expected[0] ?? -1, expected[1] ?? -1])
        }
        expect([...heap.sorted()]).toEqual(order())
      }),
    )
  })
})
