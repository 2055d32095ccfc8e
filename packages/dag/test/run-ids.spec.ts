import { seededRandom } from '@symphony/ports'
import { expect, it } from 'vitest'
import { RunIds } from '../src/runs/start-options.ts'

it('ids of runs count to the base of 36, whatever they are put together from', () => {
  const ids = new RunIds(seededRandom(1))
  const first = ids.next()
  const prefix = first.slice(0, -1)
  const wanted = Array.from({ length: 50_000 }, (_, count) => prefix + count.toString(36))
  expect([first, ...Array.from({ length: 49_999 }, () => ids.next())]).toEqual(wanted)
})
