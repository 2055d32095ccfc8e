import { HONEST_CUT, SimulatedFileSystem } from '@symphony/conformance/simulator'
import { isSymphonyError } from '@symphony/interface'
import { inspectJournal, openJournal, planSalvage, readLog, salvageJournal } from '@symphony/journal'
import type { SalvageReport } from '@symphony/journal'
import { VirtualClock } from '@symphony/ports'
import { describe, expect, it } from 'vitest'
import { FIRST_SEGMENT, FOLDER, frameEnds, logText, openInline, replayTexts, simulatedFolder } from '../log-fixtures.ts'
import { flip, lastNumber, longLog, numberIn, numbersOf, segmentPathOf } from './stored-logs.ts'

const salvage = (fs: SimulatedFileSystem): Promise<SalvageReport> => salvageJournal(FOLDER, { notes: { runs: ['a'] } }, { fileSystem: fs, clock: new VirtualClock(5000) })

/** A log of sixty records with a checkpoint at 25 and one at 50, and the segment a record is in. */
async function damaged(lsn: number, checkpointEvery = 25): Promise<SimulatedFileSystem> {
  const fs = await longLog(60, checkpointEvery)
  const { segments } = await inspectJournal(FOLDER, { fileSystem: fs })
  const { number, firstLsn } = segments.find((segment) => segment.firstLsn <= lsn && lsn <= segment.lastLsn) as (typeof segments)[number]
  const ends = [64, ...frameEnds(fs.bytesOf(segmentPathOf(number)))]
  flip(fs, segmentPathOf(number), (ends[lsn - firstLsn] as number) + 50)
  return fs
}

describe('salvaging a log', () => {
  it('keeps what follows on a checkpoint up to the damage, and tells what is given up', async () => {
    const fs = await damaged(54)
    await expect(openInline(fs.killed())).rejects.toMatchObject({ code: 'JOURNAL_CORRUPT', message: expect.stringContaining('symphony doctor --salvage'), details: { lastGoodLsn: 53 } })
    const { operations } = fs
    const plan = await planSalvage(FOLDER, { fileSystem: fs })
    expect(plan).toMatchObject({ keptLsn: 53, checkpointLsn: 50, givenUp: { firstLsn: 54, lastLsn: 60, readableRecords: 6, unreadableRecords: 1 }, refusal: { code: 'JOURNAL_CORRUPT', details: { lastGoodLsn: 53 } } })
    const given: number[] = []
    plan.forEachGivenUp((command) => void given.push(numberIn(command)))
    expect(given).toEqual([55, 56, 57, 58, 59, 60])
    expect(fs.operations).toBe(operations)
    const segments = fs.list(FOLDER).filter((name) => name.endsWith('.log'))

    const report = await salvage(fs)
    expect(report).toMatchObject({ keptLsn: 53, setAside: segments })
    expect(await lastNumber(fs)).toBe(53)
    expect(fs.list(FOLDER).filter((name) => name.endsWith('.broken'))).toEqual(segments.map((name) => `${name}.broken`))
    const told = JSON.parse(new TextDecoder().decode(fs.bytesOf(`${FOLDER}/${report.report}`))) as unknown
    expect(told).toMatchObject({ atMs: 5000, keptLsn: 53, givenUp: { lastLsn: 60 }, refusal: { code: 'JOURNAL_CORRUPT' }, notes: { runs: ['a'] }, setAside: segments })
    expect(await inspectJournal(FOLDER, { fileSystem: fs })).toMatchObject({ refusal: undefined, damages: [], lastLsn: 53, setAside: expect.arrayContaining([report.report]) })
  })

  it('goes on behind what was kept, and can be needed again', async () => {
    const fs = await damaged(54)
    await salvage(fs)
    const journal = await openInline(fs)
    replayTexts(journal)
    expect(logText(journal, '54 anew')).toBe(54)
    for (let number = 55; number <= 58; number++) await journal.durable(logText(journal, `${number} anew`))
    await journal.close()
    expect(await lastNumber(fs)).toBe(58)
    const last = (await inspectJournal(FOLDER, { fileSystem: fs })).segments.at(-1) as { path: string }
    const ends = frameEnds(fs.bytesOf(last.path))
    // Behind three that were copied, a closing mark, and the commit of 54 and 55.
    flip(fs, last.path, (ends[4] as number) + 40)
    const again = await salvage(fs)
    expect([again.keptLsn, await lastNumber(fs)]).toEqual([55, 55])
    expect(fs.list(FOLDER).filter((name) => name.startsWith('salvage-')).length).toBe(2)
  })

  it('loses nothing where a newer checkpoint covers the damage', async () => {
    const fs = await damaged(50)
    await expect(openInline(fs.killed())).rejects.toMatchObject({ code: 'JOURNAL_CORRUPT' })
    expect(await planSalvage(FOLDER, { fileSystem: fs })).toMatchObject({ keptLsn: 60, givenUp: { firstLsn: 0, readableRecords: 0, unreadableRecords: 0 } })
    await salvage(fs)
    expect(await lastNumber(fs)).toBe(60)
  })

  it('does nothing to a log that opens', async () => {
    const fs = await longLog(20, 100)
    const names = fs.list(FOLDER)
    expect(await salvage(fs)).toMatchObject({ refusal: undefined, setAside: [], report: '' })
    expect(fs.list(FOLDER)).toEqual(names)
  })

  it('reads frames whose segment has lost its header, with a checkpoint and without', async () => {
    for (const every of [25, 100]) {
      for (const at of [0, 9, 20, 33, 61]) {
        const fs = await longLog(60, every)
        const { segments } = await inspectJournal(FOLDER, { fileSystem: fs })
        const { path } = segments.find(({ lastLsn }) => lastLsn >= 55) as (typeof segments)[number]
        flip(fs, path, at)
        await salvage(fs)
        expect([every, at, await lastNumber(fs)]).toEqual([every, at, 60])
      }
    }
    const only = simulatedFolder()
    const journal = await openInline(only)
    for (let number = 1; number <= 3; number++) await journal.durable(logText(journal, `${number} x`))
    await journal.close()
    for (let at = 0; at < 60; at++) {
      const fs = only.killed()
      flip(fs, FIRST_SEGMENT, at)
      await salvage(fs)
      expect([at, await lastNumber(fs)]).toEqual([at, 3])
    }
  })

  it('makes do with what there is: a segment that is missing or foreign, checkpoints alone, no checkpoint', async () => {
    const missing = await longLog(60, 100)
    const { lastLsn } = (await inspectJournal(FOLDER, { fileSystem: missing })).segments[0] as { lastLsn: number }
    const foreign = missing.killed()
    foreign.setBytes(segmentPathOf(2), (await longLogOf(7)).bytesOf(segmentPathOf(2)).slice())
    missing.remove(segmentPathOf(2))
    for (const fs of [missing, foreign]) {
      expect((await salvage(fs)).givenUp.readableRecords).toBeGreaterThan(20)
      expect(await lastNumber(fs)).toBe(lastLsn)
    }
    const alone = await longLog(60, 25)
    for (const name of alone.list(FOLDER)) if (name.endsWith('.log')) alone.remove(`${FOLDER}/${name}`)
    await salvage(alone)
    expect(await lastNumber(alone)).toBe(50)
    const none = await longLog(60, 25)
    for (const name of none.list(FOLDER)) if (name.endsWith('.ckpt')) none.remove(`${FOLDER}/${name}`)
    expect((await salvage(none)).givenUp).toMatchObject({ firstLsn: 1, lastLsn: 60 })
    expect(await lastNumber(none)).toBe(0)
  })

  it('makes every flipped byte of a log open again, with a prefix of it, and adds up what is lost', async () => {
    const source = await longLog(12, 5)
    const path = (await inspectJournal(FOLDER, { fileSystem: source })).segments.at(-1)?.path as string
    const end = frameEnds(source.bytesOf(path)).at(-1) as number
    for (let at = 0; at < end; at += 3) {
      const fs = source.killed()
      flip(fs, path, at)
      const before = await readLog(FOLDER, {}, { fileSystem: fs })
      const lastBefore = numbersOf(before).numbers.at(-1) ?? before.checkpointLsn
      const { keptLsn, givenUp } = await salvage(fs)
      expect(keptLsn).toBe(lastBefore)
      expect(await lastNumber(fs), `byte ${at}`).toBe(keptLsn)
      expect(keptLsn).toBeGreaterThanOrEqual(10)
      if (givenUp.lastLsn > 0) expect(givenUp.readableRecords + givenUp.unreadableRecords).toBe(givenUp.lastLsn - keptLsn)
    }
  })

  it('leaves a log that is refused as before or holds exactly what is kept, wherever it is interrupted', async () => {
    const source = await damaged(30, 1000)
    const kept = (await planSalvage(FOLDER, { fileSystem: source })).keptLsn
    expect(kept).toBe(29)
    let crashes = 0
    for (let at = 1; ; at++) {
      const fs = source.killed()
      fs.arm({ failures: [{ at, code: 'STORAGE_FAILED', isForEver: true, partBytes: at % 50 }] })
      const failed = await salvage(fs).then(() => false, () => true)
      fs.arm({})
      if (!failed) break
      crashes++
      for (const left of [fs.killed(), fs.powerCut(), fs.powerCut(HONEST_CUT), fs.powerCut(HONEST_CUT)]) {
        const found = await lastNumber(left.killed()).catch((error: unknown) => (isSymphonyError(error, 'JOURNAL_CORRUPT') ? 'refused' : error))
        expect(['refused', kept], `interrupted at operation ${at}`).toContain(found)
        await salvage(left)
        expect(await lastNumber(left)).toBe(kept)
      }
    }
    expect(crashes).toBeGreaterThan(15)
  })

  it('marks the end as one also where the last segment has no room for it', async () => {
    const fs = new SimulatedFileSystem()
    const journal = await openInline(fs)
    for (const text of [`1 ${'x'.repeat(3990)}`, '2', '3']) await journal.durable(logText(journal, text))
    await journal.close()
    flip(fs, segmentPathOf(2), 100)
    await salvage(fs)
    const { segments, damages } = await inspectJournal(FOLDER, { fileSystem: fs })
    expect([segments.map(({ records, isClosed }) => [records, isClosed]), damages]).toEqual([[[1, false], [0, true]], []])
    flip(fs, segments[0]?.path as string, 200)
    await expect(openInline(fs)).rejects.toMatchObject({ code: 'JOURNAL_CORRUPT' })
  })

  it('is refused while somebody has the log open', async () => {
    const fs = await longLog(20, 100)
    const journal = await openInline(fs)
    await expect(salvage(fs)).rejects.toMatchObject({ code: 'JOURNAL_LOCKED' })
    await journal.close()
    await expect(salvage(new SimulatedFileSystem())).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })
})

/** Like `longLog`, but another log. */
async function longLogOf(seed: number): Promise<SimulatedFileSystem> {
  const fs = simulatedFolder()
  const random = { next: () => seed / 10 }
  const journal = await openJournal({ folder: FOLDER, writer: 'inline', segmentBytes: 4096 }, { fileSystem: fs, random })
  for (let number = 1; number <= 60; number++) await journal.durable(logText(journal, `${number} ${'x'.repeat(300)}`))
  await journal.close()
  return fs
}
