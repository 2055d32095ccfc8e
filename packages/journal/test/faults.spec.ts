import { HONEST_CUT, SimulatedFileSystem } from '@symphony/conformance/simulator'
import type { Failure } from '@symphony/conformance/simulator'
import { isSymphonyError } from '@symphony/interface'
import { placeCheckpoint } from '@symphony/journal'
import type { CheckpointSection, ErrorCode, Journal, Lsn } from '@symphony/interface'
import { seededRandom } from '@symphony/ports'
import { describe, expect, it } from 'vitest'
import { FOLDER, logText, openInline, replayTexts } from './log-fixtures.ts'

const RECORDS = 30
const BODY = 'x'.repeat(250)

/** Two commands a record, every second one waited for, a checkpoint now and then, over several segments. */
async function workload(fs: SimulatedFileSystem, acknowledged: { lsn: number; error: unknown }): Promise<void> {
  let journal: Journal | undefined
  try {
    journal = await openInline(fs)
    for (let index = 1; index <= RECORDS; index++) {
      const opened = journal
      const lsn = opened.transact(() => (logText(opened, `${index}a ${BODY}`), logText(opened, `${index}b ${BODY}`)))
      if (index % 2 === 0) {
        await journal.durable(lsn)
        acknowledged.lsn = lsn
      }
      const sections = (asOf: number): CheckpointSection[] => [{ component: 1, bytes: new TextEncoder().encode(String(asOf)) }]
      if (index === 10) await journal.checkpoint(sections(lsn - 4), (lsn - 4) as Lsn)
      if (index === 20) {
        placeCheckpoint(FOLDER, sections(lsn - 2), (lsn - 2) as Lsn, fs)
        await journal.adoptCheckpoint((lsn - 2) as Lsn)
      }
      if (index === 30) await journal.checkpoint(sections(lsn))
    }
    await journal.close()
    acknowledged.lsn = RECORDS
  } catch (error) {
    acknowledged.error = error
    if (journal !== undefined && isSymphonyError(error, 'JOURNAL_POISONED')) expect(() => logText(journal as Journal, 'more')).toThrow(expect.objectContaining({ code: 'JOURNAL_POISONED' }))
    await journal?.close().catch((closing: unknown) => expect(closing).toMatchObject({ code: 'JOURNAL_POISONED' }))
  }
}

/** Opens what is left and checks it: everything acknowledged, whole records, a prefix. Returns the number of records. */
async function verify(fs: SimulatedFileSystem, acknowledgedLsn: number, label: string): Promise<number> {
  const journal = await openInline(fs)
  const section = journal.checkpointSections[0]
  const checkpointLsn = section === undefined ? 0 : Number(new TextDecoder().decode(section.bytes))
  const { texts } = replayTexts(journal)
  const records = checkpointLsn + texts.length / 2
  expect(texts, label).toEqual(
    Array.from({ length: texts.length }, (_, at) => `${checkpointLsn + 1 + (at >> 1)} ${checkpointLsn + 1 + (at >> 1)}${at % 2 === 0 ? 'a' : 'b'} ${BODY}`),
  )
  expect(records, label).toBeGreaterThanOrEqual(acknowledgedLsn)
  expect(journal.lastLsn, label).toBe(records)
  const next = logText(journal, 'goes on')
  await journal.durable(next)
  expect(next, label).toBe(records + 1)
  await journal.close()
  expect(fs.openFiles, `${label}: files left open`).toBe(0)
  return records
}

/** What one opening has reported, the next one has to report again, even if the power fails in between. */
async function verifyTwice(fs: SimulatedFileSystem, acknowledgedLsn: number, label: string): Promise<void> {
  const journal = await openInline(fs)
  const { lastLsn } = journal
  expect(await verify(fs.powerCut(), acknowledgedLsn, label), label).toBe(lastLsn)
  await journal.close()
}

async function sweep(code: ErrorCode, isForEver: boolean, partBytes: number): Promise<number> {
  for (let at = 1; ; at++) {
    const fs = new SimulatedFileSystem({ seed: at, failures: [{ at, code, isForEver, partBytes }] })
    const acknowledged = { lsn: 0, error: undefined as unknown }
    await workload(fs, acknowledged)
    const label = `operation ${at}, ${code}, ${isForEver ? 'for ever' : 'once'}, ${partBytes} bytes arrived`
    expect(fs.openFiles, `${label}: files left open`).toBe(0)
    await verify(fs.killed(), acknowledged.lsn, `${label}, killed`)
    await verifyTwice(fs.killed(), acknowledged.lsn, `${label}, killed, then a power cut`)
    await verify(fs.powerCut(), acknowledged.lsn, `${label}, power cut`)
    await verify(fs.powerCut(HONEST_CUT), acknowledged.lsn, `${label}, power cut with chance`)
    if (acknowledged.error === undefined && fs.operations < at) return at
    if (acknowledged.error !== undefined) expect(isSymphonyError(acknowledged.error), `${label}: ${String(acknowledged.error)}`).toBe(true)
  }
}

describe('a storage that refuses the Nth operation', () => {
  it.each([
    ['STORAGE_FAILED', true, 0],
    ['STORAGE_FAILED', false, 0],
    ['STORAGE_FULL', true, 100],
    ['STORAGE_FULL', false, 700],
    ['STORAGE_READ_ONLY', true, 0],
  ] as const)('with %s, for ever %s, after %i bytes: acknowledges nothing it has not kept', async (code, isForEver, partBytes) => {
    expect(await sweep(code, isForEver, partBytes)).toBeGreaterThan(60)
  })

  it('tells why, and what is safe', async () => {
    const fs = new SimulatedFileSystem()
    const journal = await openInline(fs)
    await journal.durable(logText(journal, 'kept'))
    fs.arm({ failures: [{ at: 1, code: 'STORAGE_FULL', isForEver: true }] })
    const failure = await journal.durable(logText(journal, 'lost')).catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'JOURNAL_POISONED', details: { storageCode: 'STORAGE_FULL', durableLsn: 1 }, cause: { code: 'STORAGE_FULL' } })
    expect(journal.durableLsn).toBe(1)
    expect(journal.lastLsn).toBe(2)
  })

  it('at opening tells the folder', async () => {
    const fs = new SimulatedFileSystem()
    fs.arm({ failures: [{ at: 1, code: 'STORAGE_READ_ONLY', isForEver: true }] })
    await expect(openInline(fs)).rejects.toMatchObject({ code: 'STORAGE_READ_ONLY', component: 'journal', details: { folder: FOLDER } })
    fs.arm({})
    await (await openInline(fs)).close()
  })

  it('while a checkpoint is written, leaves the log and the former checkpoint as they are', async () => {
    const fs = new SimulatedFileSystem()
    const journal = await openInline(fs)
    logText(journal, 'a')
    await journal.checkpoint([{ component: 1, bytes: new TextEncoder().encode('1') }])
    logText(journal, 'b')
    await journal.flush()
    fs.arm({ failures: [{ at: 2, code: 'STORAGE_FULL' }] })
    await expect(journal.checkpoint([{ component: 1, bytes: new Uint8Array(5000) }])).rejects.toMatchObject({ code: 'STORAGE_FULL' })
    await journal.durable(logText(journal, 'c'))
    await journal.close()
    const again = await openInline(fs)
    expect(again.checkpointSections[0]?.bytes).toEqual(new TextEncoder().encode('1'))
    expect(replayTexts(again).texts).toEqual(['2 b', '3 c'])
    expect(fs.list(FOLDER).filter((name) => name.endsWith('.tmp'))).toEqual([])
  })
})

/** A log as a killed process leaves it at its worst: a torn commit, a closing mark nobody wrote, files under their temporary names. */
async function dirtyLog(): Promise<{ readonly fs: SimulatedFileSystem; readonly lsn: number }> {
  const acknowledged = { lsn: 0, error: undefined as unknown }
  const whole = new SimulatedFileSystem()
  await workload(whole, acknowledged)
  let fs = whole.killed()
  const journal = await openInline(fs)
  fs.arm({ crash: { at: 1, moment: 'within' } })
  await journal.durable(logText(journal, BODY.repeat(4))).catch(() => {})
  fs = fs.killed()
  for (const name of ['segment-0000000099.log.tmp', 'checkpoint-0000000000000099.ckpt.tmp']) fs.close(fs.open(`${FOLDER}/${name}`, 'wx+'))
  return { fs, lsn: acknowledged.lsn }
}

describe('a storage that refuses the Nth operation of a recovery', () => {
  const codes = ['STORAGE_FAILED', 'STORAGE_FULL', 'STORAGE_READ_ONLY'] as const
  it.each(codes.flatMap((code) => [true, false].flatMap((isForEver) => [0, 40].map((partBytes) => [code, isForEver, partBytes] as const))))(
    'with %s, for ever %s, after %i bytes: opens or says why not, and the next opening has everything',
    async (code, isForEver, partBytes) => {
      const { fs: dirty, lsn } = await dirtyLog()
      for (let at = 1; ; at++) {
        const fs = dirty.killed({ failures: [{ at, code, isForEver, partBytes }] })
        const label = `operation ${at}`
        const refusal = await openInline(fs).then(
          async (journal) => void (await journal.close().catch((error: unknown) => expect(error).toMatchObject({ code: 'JOURNAL_POISONED' }))),
          (error: unknown) => error,
        )
        if (refusal !== undefined) expect(refusal, label).toMatchObject({ code, component: 'journal', details: { folder: FOLDER } })
        expect(fs.openFiles, `${label}: files left open`).toBe(0)
        await verify(fs.killed(), lsn, `${label}, killed`)
        await verifyTwice(fs.killed(), lsn, `${label}, killed, then a power cut`)
        await verify(fs.powerCut(HONEST_CUT), lsn, `${label}, power cut`)
        if (fs.operations < at) return expect(at).toBeGreaterThan(8)
      }
    },
  )

  it('or in which the process dies, again and again', async () => {
    const { fs: dirty, lsn } = await dirtyLog()
    for (const moment of ['before', 'within', 'after'] as const) {
      for (let first = 1; first <= 12; first++) {
        for (let second = 1; second <= 12; second++) {
          let fs = dirty.killed({ seed: first, crash: { at: first, moment } })
          await openInline(fs).catch(() => {})
          fs = second % 2 === 0 ? fs.killed() : fs.powerCut(HONEST_CUT)
          fs.arm({ crash: { at: second, moment } })
          await openInline(fs).catch(() => {})
          await verify(fs.powerCut(HONEST_CUT), lsn, `${moment} operations ${first} and ${second}`)
        }
      }
    }
  })
})

const failure = (at: number, partBytes: number): Failure => ({ at, code: 'STORAGE_FAILED', isForEver: true, partBytes })

describe('a power cut', () => {
  it('at any operation, and another one during each recovery, loses nothing that was acknowledged', async () => {
    for (let seed = 1; seed <= 150; seed++) {
      const random = seededRandom(seed)
      const fs = new SimulatedFileSystem({ seed })
      fs.arm({ failures: [failure(1 + Math.floor(random.next() * 100), Math.floor(random.next() * 1500))] })
      const acknowledged = { lsn: 0, error: undefined as unknown }
      await workload(fs, acknowledged)
      let survived = fs.powerCut(HONEST_CUT)
      for (let again = 1; again <= 3; again++) {
        survived.arm({ failures: [failure(again + Math.floor(random.next() * 6), Math.floor(random.next() * 600))] })
        await openInline(survived).then(
          (journal) => journal.close(),
          () => {},
        )
        survived = survived.powerCut(HONEST_CUT)
      }
      await verify(survived, acknowledged.lsn, `seed ${seed}`)
    }
  })
})

describe('a closing mark that could be read and was never forced', () => {
  it('is written anew before anything is written behind it', async () => {
    const fs = new SimulatedFileSystem()
    const journal = await openInline(fs)
    // So long that the mark ends with its sector: what is written behind it does not carry it along.
    const text = 'a'.repeat(512 - 64 - 32 - 8 - 32)
    await journal.durable(logText(journal, text))
    fs.arm({ failures: [{ operation: 'sync', at: 1, code: 'STORAGE_FAILED' }] })
    await journal.close()
    const next = fs.killed()
    const again = await openInline(next)
    await again.durable(logText(again, 'b'))
    expect(replayTexts(await openInline(next.powerCut())).texts).toEqual([`1 ${text}`, '2 b'])
  })
})

describe('a process that is killed at any operation', () => {
  it('leaves names that the next one forces before it acknowledges anything behind them', async () => {
    for (let at = 1; ; at++) {
      const fs = new SimulatedFileSystem({ crash: { at, moment: 'after' } })
      const acknowledged = { lsn: 0, error: undefined as unknown }
      await workload(fs, acknowledged).catch(() => {})
      const next = fs.killed()
      const journal = await openInline(next)
      const { lastLsn } = journal
      for (const index of [1, 2]) await journal.durable(logText(journal, `${lastLsn + index} ${BODY}`))
      const again = await openInline(next.powerCut())
      expect(again.lastLsn, `killed after operation ${at}`).toBe(lastLsn + 2)
      await again.close()
      if (!fs.hasCrashed) return
    }
  })
})
