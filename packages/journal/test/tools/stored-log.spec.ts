import { followLog, inspectJournal, readLog } from '@symphony/journal'
import { describe, expect, it } from 'vitest'
import { FOLDER, logText, openInline, replayTexts, simulatedFolder } from '../log-fixtures.ts'
import { flip, longLog, numberIn, numbersOf, segmentPathOf } from './stored-logs.ts'

const count = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index)

describe('readLog', () => {
  it('gives the state as of every record within reach, from the nearest checkpoint before it', async () => {
    const fs = await longLog(60, 25)
    for (let toLsn = 25; toLsn <= 60; toLsn++) {
      const log = await readLog(FOLDER, { toLsn }, { fileSystem: fs })
      const from = toLsn >= 50 ? 50 : 25
      expect(numbersOf(log), `as of ${toLsn}`).toEqual({ from, numbers: count(from + 1, toLsn) })
      expect([log.checkpointLsn, log.toLsn, log.lastLsn]).toEqual([from, toLsn, 60])
    }
    expect((await readLog(FOLDER, {}, { fileSystem: fs })).toLsn).toBe(60)
  })

  it('begins before the first record wanted', async () => {
    const fs = await longLog(60, 25)
    const log = await readLog(FOLDER, { fromLsn: 50 }, { fileSystem: fs })
    expect(numbersOf(log)).toEqual({ from: 25, numbers: count(26, 60) })
    const whole = await longLog(30, 25)
    expect(numbersOf(await readLog(FOLDER, { fromLsn: 1 }, { fileSystem: whole })).numbers).toEqual(count(1, 30))
  })

  it('says how far the log reaches when asked for more', async () => {
    const fs = await longLog(60, 25)
    for (const range of [{ toLsn: 61 }, { toLsn: 24 }, { fromLsn: 25 }, { toLsn: -1 }, { toLsn: 26.5 }]) {
      await expect(readLog(FOLDER, range, { fileSystem: fs }), JSON.stringify(range)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', details: { earliestLsn: 25, lastLsn: 60 } })
    }
  })

  it('reads a log that does not open as far as it goes without a gap', async () => {
    const fs = await longLog(60, 100)
    const { firstLsn } = (await inspectJournal(FOLDER, { fileSystem: fs })).segments[2] as { firstLsn: number }
    flip(fs, segmentPathOf(3), 80)
    await expect(openInline(fs.killed())).rejects.toMatchObject({ code: 'JOURNAL_CORRUPT' })
    const log = await readLog(FOLDER, {}, { fileSystem: fs })
    expect([log.lastLsn, numbersOf(log).numbers]).toEqual([firstLsn - 1, count(1, firstLsn - 1)])
  })
})

describe('followLog', () => {
  it('reads on behind a writer, over segments, and begins where it is told to', async () => {
    const fs = simulatedFolder()
    const journal = await openInline(fs)
    await journal.durable(logText(journal, '1 first'))
    const all = await followLog(FOLDER, 0, { fileSystem: fs })
    const late = await followLog(FOLDER, 40, { fileSystem: fs })
    const seen: number[] = []
    const seenLate: number[] = []
    for (let number = 2; number <= 90; number++) {
      await journal.durable(logText(journal, `${number} ${'x'.repeat(250)}`))
      if (number % 7 === 0) all.poll((command) => void seen.push(numberIn(command)))
      if (number === 50) late.poll((command) => void seenLate.push(numberIn(command)))
    }
    await journal.close()
    all.poll((command) => void seen.push(numberIn(command)))
    late.poll((command) => void seenLate.push(numberIn(command)))
    expect([seen, seenLate]).toEqual([count(1, 90), count(41, 90)])
    expect([all.lastLsn, all.poll(() => undefined), fs.openFiles]).toEqual([90, 0, 0])
  })

  it('leaves half a frame for the next look', async () => {
    const fs = simulatedFolder()
    const journal = await openInline(fs)
    await journal.durable(logText(journal, '1 first'))
    const before = fs.killed()
    await journal.durable(logText(journal, '2 second'))
    const path = segmentPathOf(1)
    const [old, whole] = [before.bytesOf(path).slice(), fs.bytesOf(path).slice()]
    const half = whole.slice()
    half.set(old.subarray(64 + 60), 64 + 60)
    before.setBytes(path, half)
    const follower = await followLog(FOLDER, 0, { fileSystem: before })
    const seen: number[] = []
    follower.poll((command) => void seen.push(numberIn(command)))
    before.setBytes(path, whole)
    follower.poll((command) => void seen.push(numberIn(command)))
    expect(seen).toEqual([1, 2])
    await journal.close()
  })

  it('says so when what it wanted was dropped behind a checkpoint', async () => {
    const fs = await longLog(30, 100)
    const follower = await followLog(FOLDER, 0, { fileSystem: fs })
    follower.poll(() => undefined)
    const journal = await openInline(fs)
    replayTexts(journal)
    for (let number = 31; number <= 120; number++) await journal.durable(logText(journal, `${number} ${'x'.repeat(300)}`))
    for (let round = 0; round < 2; round++) {
      await journal.checkpoint([])
      await journal.durable(logText(journal, 'between'))
    }
    await journal.close()
    for (const late of [follower, await followLog(FOLDER, 3, { fileSystem: fs })]) {
      expect(() => late.poll(() => undefined)).toThrow(expect.objectContaining({ code: 'NOT_FOUND', message: expect.stringContaining('dropped') }))
    }
  })
})
