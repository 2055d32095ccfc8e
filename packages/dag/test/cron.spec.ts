import { afterEach, describe, expect, it, vi } from 'vitest'
import { lastTime, problemOfFields, timeAfter } from '../src/runs/cron.ts'

const NEW_YEAR = Date.UTC(2026, 0, 1)

describe('cron times', () => {
  afterEach(() => void vi.useRealTimers())

  it('depend on the time that is handed in, never on the clock of the system, and start no timer', () => {
    const rhythm = { cron: '15 */6 * * 1-5', timezone: 'America/New_York' }
    const answers = [Date.UTC(1999, 5, 1), Date.UTC(2026, 5, 1), Date.UTC(2060, 5, 1)].map((system) => {
      vi.useFakeTimers({ now: system })
      const found = [timeAfter(rhythm, NEW_YEAR, 0), lastTime(rhythm, NEW_YEAR, NEW_YEAR + 86_400_000 * 10)]
      expect(vi.getTimerCount()).toBe(0)
      return found
    })
    expect(new Set(answers.map(String)).size).toBe(1)
    expect(answers[0]).toEqual([Date.UTC(2026, 0, 1, 5, 15), Date.UTC(2026, 0, 9, 23, 15)])
  })

  it('are exact: a time is not after itself, and is the last one at itself', () => {
    const rhythm = { cron: '0 0 * * *' }
    expect(timeAfter(rhythm, NEW_YEAR, 0)).toBe(NEW_YEAR + 86_400_000)
    expect(timeAfter(rhythm, NEW_YEAR - 1, 0)).toBe(NEW_YEAR)
    expect(lastTime(rhythm, 0, NEW_YEAR)).toBe(NEW_YEAR)
    expect(lastTime(rhythm, 0, NEW_YEAR - 1)).toBe(NEW_YEAR - 86_400_000)
  })

  it('of an interval are counted from its anchor', () => {
    expect(timeAfter({ everyMs: 250 }, 1000, 900)).toBe(1150)
    expect(timeAfter({ everyMs: 250 }, 1150, 900)).toBe(1400)
    expect(lastTime({ everyMs: 250 }, 1150, 1900)).toBe(1900)
    expect(lastTime({ everyMs: 250 }, 1150, 1899)).toBe(1650)
  })

  it('of a task are told from what is none', () => {
    for (const cron of ['* * * * *', '*/5 0-6,12 1 jan-mar mon', '0 0 29 2 *']) expect(problemOfFields(cron)).toBe(undefined)
    for (const cron of ['* * * *', '0 * * * * *', '@daily', 5]) expect(problemOfFields(cron)).toMatch(/^must have five fields/)
    for (const cron of ['60 * * * *', '* 24 * * *', '* * 0 * *', '* * * 13 *', '*/0 * * * *', 'x * * * *']) expect(problemOfFields(cron)).toMatch(/cannot be used/)
    expect(problemOfFields('0 0 30 2 *')).toBe('"0 0 30 2 *" is never due')
  })
})
