import { describe, expect, it } from 'vitest'
import type { Execution } from '../src/execution.ts'
import { Following } from '../src/following.ts'

const execution = (name: string): Execution => ({ name }) as unknown as Execution

describe('Following', () => {
  it('tells each attempt what its own promise came to, however callbacks are used again', async () => {
    const told: unknown[] = []
    const name = (of: Execution): string => (of as unknown as { name: string }).name
    const following = new Following({
      settled: (of, value, next) => next(of, value),
      failed: (of, error) => void told.push([name(of), 'failed', error]),
    })
    const note = (of: Execution, value: unknown): void => void told.push([name(of), value])
    for (let round = 0; round < 3; round++) {
      const later = Promise.withResolvers<string>()
      following.follow(execution(`a${round}`), later.promise, note)
      following.follow(execution(`b${round}`), Promise.resolve('b'), note)
      following.follow(execution(`c${round}`), Promise.reject('no'), note)
      await new Promise(setImmediate)
      later.resolve('a')
      await later.promise
    }
    const round = (at: number): unknown[] => [[`b${at}`, 'b'], [`c${at}`, 'failed', 'no'], [`a${at}`, 'a']]
    expect(told).toEqual([...round(0), ...round(1), ...round(2)])
  })

  it('hears a foreign thenable once, though it settles again and again', async () => {
    const told: unknown[] = []
    const following = new Following({ settled: (of, value, next) => next(of, value), failed: (_, error) => void told.push(error) })
    let again: (() => void) | undefined
    const restless = {
      // oxlint-disable-next-line unicorn/no-thenable
      then(settled: (value: unknown) => void, failed: (error: unknown) => void) {
        settled('first')
        again = () => (settled('second'), failed('third'))
      },
    } as unknown as PromiseLike<unknown>
    following.follow(execution('restless'), restless, (_, value) => void told.push(value))
    following.follow(execution('other'), Promise.resolve('other'), (_, value) => void told.push(value))
    again?.()
    await new Promise(setImmediate)
    expect(told).toEqual(['first', 'other'])
  })
})
