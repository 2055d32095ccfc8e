import type { CommandLog, Lsn, RunReport, RunRow } from '@symphony/interface'
import { nullLog } from '@symphony/ports'
import { expect, it } from 'vitest'
import { EndWaiters } from '../src/end-waiters.ts'

const row = (run: number): RunRow => run as RunRow
const report = (run: number): RunReport => ({ id: `r${run}`, row: run }) as unknown as RunReport

interface SlowLog {
  readonly log: CommandLog
  readonly asked: number[]
  lastLsn: number
  commit(): void
  fail(error: Error): void
}

/** A log whose records become durable when it is told. */
function slowLog(): SlowLog {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const asked: number[] = []
  let durableLsn = 0
  const state: SlowLog = {
    asked,
    lastLsn: 1,
    commit() {
      durableLsn = state.lastLsn
      resolve()
    },
    fail: (error) => reject(error),
    log: {
      ...nullLog(),
      durable: (lsn) => (asked.push(lsn), promise),
      get lastLsn() {
        return state.lastLsn as Lsn
      },
      get durableLsn() {
        return durableLsn as Lsn
      },
    },
  }
  return state
}

async function settled(promise: Promise<unknown>): Promise<boolean> {
  const none = {}
  for (let turn = 0; turn < 10; turn++) await Promise.resolve()
  return (await Promise.race([promise, Promise.resolve(none)])) !== none
}

it('tells at once where nothing is logged', async () => {
  const waiters = new EndWaiters(undefined)
  const ended = waiters.wait(row(3))
  expect([waiters.has(row(3)), waiters.has(row(2))]).toEqual([true, false])
  waiters.ended(row(3), report(3))
  expect(waiters.has(row(3))).toBe(false)
  expect(await ended).toEqual(report(3))
})

it('tells of ends when they are durable, of those of one moment after one wait for all that was logged in it', async () => {
  const slow = slowLog()
  const waiters = new EndWaiters(slow.log)
  const ends = [waiters.wait(row(0)), waiters.wait(row(1)), waiters.wait(row(0))]
  waiters.ended(row(0), report(0))
  waiters.ended(row(1), report(1))
  waiters.ended(row(2), report(2))
  // What the ends have started is logged as well.
  slow.lastLsn = 5
  expect(await settled(Promise.race(ends))).toBe(false)
  const late = waiters.durably(report(0))
  expect(await settled(late)).toBe(false)
  expect(slow.asked).toEqual([5, 5])
  slow.commit()
  expect(await Promise.all([...ends, late])).toEqual([report(0), report(1), report(0), report(0)])
  expect(await settled(waiters.durably(report(1)))).toBe(true)
})

it('tells why there will be no report', async () => {
  const slow = slowLog()
  const waiters = new EndWaiters(slow.log)
  const [ended, open] = [waiters.wait(row(0)), waiters.wait(row(1))]
  waiters.ended(row(0), report(0))
  await Promise.resolve()
  slow.fail(new Error('no space'))
  waiters.rejectAll(new Error('halted'))
  await expect(ended).rejects.toThrow('no space')
  await expect(open).rejects.toThrow('halted')
})
