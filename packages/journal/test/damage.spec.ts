import { SimulatedFileSystem } from '@symphony/conformance/simulator'
import { isSymphonyError } from '@symphony/interface'
import { inspectJournal } from '@symphony/journal'
import { beforeAll, describe, expect, it } from 'vitest'
import { FRAME_KINDS, sealFrame } from '../src/frame.ts'
import { FIRST_SEGMENT, FOLDER, frameEnds, logText, openInline, replayTexts, simulatedFolder } from './log-fixtures.ts'

const TEXTS = ['alpha', 'a somewhat longer second record', 'gamma']

/** A log of three commits, closed orderly or left as `kill -9` leaves it. */
async function smallLog(isClosed: boolean): Promise<Uint8Array> {
  const fs = new SimulatedFileSystem()
  const journal = await openInline(fs)
  for (const text of TEXTS) await journal.durable(logText(journal, text))
  if (isClosed) await journal.close()
  return fs.bytesOf(FIRST_SEGMENT).slice()
}

type Outcome = { readonly texts: readonly string[]; readonly tornBytes: number } | { readonly code: string; readonly lastGoodLsn: unknown }

async function outcomeOf(bytes: Uint8Array): Promise<{ readonly outcome: Outcome; readonly fs: SimulatedFileSystem }> {
  const fs = simulatedFolder()
  fs.setBytes(FIRST_SEGMENT, bytes.slice())
  try {
    const journal = await openInline(fs)
    const outcome = replayTexts(journal)
    await journal.close()
    return { outcome, fs }
  } catch (error) {
    if (!isSymphonyError(error)) throw error
    return { outcome: { code: error.code, lastGoodLsn: error.details['lastGoodLsn'] }, fs }
  }
}

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = bytes.slice()
  copy[bit >>> 3] = (copy[bit >>> 3] as number) ^ (1 << (bit & 7))
  return copy
}

/** Every bit of a log, and of the zeroes behind its end one of each byte. */
function* bitsOf(bytes: Uint8Array, end: number): Generator<number> {
  for (let bit = 0; bit < end * 8; bit++) yield bit
  for (let at = end; at < bytes.length; at++) yield at * 8 + (at % 8)
}

const prefix = (count: number): string[] => TEXTS.slice(0, count).map((text, index) => `${index + 1} ${text}`)

describe('a log that was cut', () => {
  let bytes: Uint8Array
  let ends: number[]
  beforeAll(async () => {
    bytes = await smallLog(false)
    ends = frameEnds(bytes)
  })

  it('recovers the longest prefix at every offset, and the cut part is set aside', async () => {
    for (let offset = 64; offset <= bytes.length; offset++) {
      const { outcome, fs } = await outcomeOf(bytes.subarray(0, offset))
      const whole = ends.filter((end) => end <= offset).length
      const rest = bytes.subarray([64, ...ends][whole] as number, offset)
      const tornBytes = rest.findLastIndex((byte) => byte !== 0) + 1
      expect(outcome, `cut at ${offset}`).toEqual({ texts: prefix(whole), tornBytes })
      const aside = fs.list(FOLDER).filter((name) => name.endsWith('.torn'))
      expect(aside.map((name) => [...fs.bytesOf(`${FOLDER}/${name}`)])).toEqual(tornBytes === 0 ? [] : [[...rest.subarray(0, tornBytes)]])
    }
  })

  it('goes on behind the prefix', async () => {
    const { fs } = await outcomeOf(bytes.subarray(0, (ends[1] as number) + 20))
    const journal = await openInline(fs)
    expect(replayTexts(journal)).toEqual({ texts: prefix(2), tornBytes: 0 })
    expect(logText(journal, 'new third')).toBe(3)
    await journal.close()
    expect(replayTexts(await openInline(fs)).texts).toEqual([...prefix(2), '3 new third'])
  })

  it('refuses a header that is cut: no crash leaves one', async () => {
    for (let offset = 0; offset < 64; offset++) expect((await outcomeOf(bytes.subarray(0, offset))).outcome).toMatchObject({ code: 'JOURNAL_CORRUPT' })
  })
})

describe('a log with one bit flipped', () => {
  it('is refused wherever the bit was, after an orderly close; only its closing mark may go', async () => {
    const bytes = await smallLog(true)
    const ends = frameEnds(bytes)
    const closing = ends[2] as number
    expect(ends).toHaveLength(4)
    for (const bit of bitsOf(bytes, ends[3] as number)) {
      const { outcome } = await outcomeOf(flipped(bytes, bit))
      if (bit >= closing * 8) expect(outcome, `bit ${bit}`).toMatchObject({ texts: prefix(3) })
      else expect(outcome, `bit ${bit}`).toMatchObject({ code: 'JOURNAL_CORRUPT' })
    }
  })

  it('is refused after an orderly close also where the segment had no room left for the closing mark', async () => {
    const fs = new SimulatedFileSystem()
    const journal = await openInline(fs)
    await journal.durable(logText(journal, 'x'.repeat(4096 - 64 - 32 - 8 - 16)))
    await journal.close()
    const next = fs.killed()
    next.rot(FIRST_SEGMENT, 1000, 3)
    await expect(openInline(next)).rejects.toMatchObject({ code: 'JOURNAL_CORRUPT', details: { lastGoodLsn: 0 } })
    const again = await openInline(fs)
    expect(replayTexts(again).texts).toHaveLength(1)
    await again.durable(logText(again, 'goes on'))
    await again.close()
    expect(replayTexts(await openInline(fs)).texts).toHaveLength(2)
  })

  it('says up to which record it is intact', async () => {
    const bytes = await smallLog(true)
    const ends = frameEnds(bytes)
    for (const index of [0, 1, 2]) {
      const { outcome } = await outcomeOf(flipped(bytes, ((ends[index] as number) - 8) * 8))
      expect(outcome).toEqual({ code: 'JOURNAL_CORRUPT', lastGoodLsn: index })
    }
  })

  it('loses its last commit at most, when it was not closed, and is refused where that names an end before its bytes', async () => {
    const bytes = await smallLog(false)
    const ends = frameEnds(bytes)
    const [, from, to] = ends as [number, number, number]
    const lengths = [from * 8, (from + 4) * 8] as const
    const isShort = (bit: number): boolean => {
      const named = (to - from) ^ (1 << (bit - lengths[0]))
      return bit >= lengths[0] && bit < lengths[1] && named >= 32 && named < to - from && named % 8 === 0
    }
    expect(Array.from(bitsOf(bytes, to)).filter(isShort).length).toBeGreaterThan(0)
    for (const bit of bitsOf(bytes, ends[2] as number)) {
      const { outcome } = await outcomeOf(flipped(bytes, bit))
      if (bit >= (ends[2] as number) * 8) expect(outcome, `bit ${bit}`).toMatchObject({ texts: prefix(3) })
      else if (isShort(bit)) expect(outcome, `bit ${bit}`).toEqual({ code: 'JOURNAL_CORRUPT', lastGoodLsn: 2 })
      else if (bit >= (ends[1] as number) * 8) expect(outcome, `bit ${bit}`).toMatchObject({ texts: prefix(2) })
      else expect(outcome, `bit ${bit}`).toMatchObject({ code: 'JOURNAL_CORRUPT' })
    }
  })
})

describe('a log in which a misdirected write has spoilt the end of one commit and the head of the next', () => {
  it('is refused: both were acknowledged, and no interrupted write leaves something behind the end of a frame', async () => {
    const bytes = await smallLog(false)
    const [first, second] = frameEnds(bytes) as [number, number]
    bytes.fill(0xaa, second - 8, second + 24)
    const { outcome, fs } = await outcomeOf(bytes)
    expect(outcome).toEqual({ code: 'JOURNAL_CORRUPT', lastGoodLsn: 1 })
    const { damages } = await inspectJournal(FOLDER, { fileSystem: fs })
    expect(damages).toMatchObject([{ offset: first, isTorn: false, what: expect.stringContaining('behind its end') }])
  })
})

describe('a log with an intact frame whose records would be numbered beyond 2^53 - 1', () => {
  it.each([
    { numbers: 'with the first', firstLsn: 2 ** 53, records: 1 },
    { numbers: 'with the last', firstLsn: 2 ** 53 - 1, records: 2 },
    { numbers: 'by far', firstLsn: 2 ** 63, records: 1 },
  ])('is refused, not cut, since no interrupted write leaves that: $numbers', async ({ firstLsn, records }) => {
    const bytes = await smallLog(false)
    const [, from, to] = frameEnds(bytes) as [number, number, number]
    const view = new DataView(bytes.buffer, bytes.byteOffset)
    sealFrame(bytes.subarray(from, to), view.getUint32(60, true), view.getUint32(from + 8, true), FRAME_KINDS.records, firstLsn, records)
    const fs = simulatedFolder()
    fs.setBytes(FIRST_SEGMENT, bytes)
    const report = await inspectJournal(FOLDER, { fileSystem: fs })
    expect(report.damages).toMatchObject([{ offset: from, isTorn: false, what: expect.stringContaining('2^53') }])
    await expect(openInline(fs)).rejects.toMatchObject({ code: 'JOURNAL_CORRUPT', details: { offset: from, lastGoodLsn: 2 } })
    expect([...fs.bytesOf(FIRST_SEGMENT)]).toEqual([...bytes])
  })
})

describe('segments', () => {
  async function longLog(): Promise<SimulatedFileSystem> {
    const fs = new SimulatedFileSystem()
    const journal = await openInline(fs)
    for (let index = 1; index <= 40; index++) await journal.durable(logText(journal, 'x'.repeat(300)))
    await journal.close()
    expect(fs.list(FOLDER).length).toBeGreaterThan(3)
    return fs
  }

  it('are all needed: a missing, a swapped and a foreign one are refused', async () => {
    const missing = await longLog()
    const lastGoodLsn = frameEnds(missing.bytesOf(FIRST_SEGMENT)).length
    const refusal = { code: 'JOURNAL_CORRUPT', details: { path: `${FOLDER}/segment-0000000002.log`, lastGoodLsn } }
    missing.remove(refusal.details.path)
    await expect(openInline(missing)).rejects.toMatchObject(refusal)

    const headless = await longLog()
    headless.rot(refusal.details.path, 20, 1)
    await expect(openInline(headless)).rejects.toMatchObject(refusal)

    const first = await longLog()
    first.remove(FIRST_SEGMENT)
    await expect(openInline(first)).rejects.toMatchObject({ code: 'JOURNAL_CORRUPT', details: { lastGoodLsn: 0 } })

    const swapped = await longLog()
    swapped.setBytes(FIRST_SEGMENT, swapped.bytesOf(`${FOLDER}/segment-0000000002.log`).slice())
    await expect(openInline(swapped)).rejects.toMatchObject({ code: 'JOURNAL_CORRUPT' })
  })

  it('damaged before the last one are refused, also when their very end is cut off', async () => {
    const fs = await longLog()
    const bytes = fs.bytesOf(FIRST_SEGMENT).slice()
    const ends = frameEnds(bytes)
    bytes.fill(0, ends.at(-2), ends.at(-1))
    fs.setBytes(FIRST_SEGMENT, bytes)
    await expect(openInline(fs)).rejects.toMatchObject({ code: 'JOURNAL_CORRUPT', details: { lastGoodLsn: ends.length - 1 } })
  })

  it('may be cut behind their last commit, and nowhere else unless they are the last one', async () => {
    const whole = await longLog()
    const names = whole.list(FOLDER)
    const all = replayTexts(await openInline(whole.killed())).texts
    for (const path of [names[1], names.at(-1)].map((name) => `${FOLDER}/${name}`)) {
      const bytes = whole.bytesOf(path)
      const ends = frameEnds(bytes)
      const isLast = path.endsWith(names.at(-1) as string)
      for (let length = 0; length <= bytes.length; length++) {
        const fs = whole.killed()
        fs.setBytes(path, bytes.subarray(0, length))
        const outcome = await openInline(fs).then(
          (journal) => replayTexts(journal).texts.length,
          (error: { code: string }) => error.code,
        )
        const lost = ends.filter((end) => end > length).length
        // The last frame of all is the closing mark.
        const kept = isLast ? all.length - Math.max(0, lost - 1) : lost === 0 ? all.length : 'JOURNAL_CORRUPT'
        expect(outcome, `${path} cut at ${length}`).toBe(length < 64 ? 'JOURNAL_CORRUPT' : kept)
      }
    }
  })

  it('refuse a commit of a former life that comes back in its place: the next one names another predecessor', async () => {
    const text = (letter: string): string => letter.repeat(500)
    let fs = new SimulatedFileSystem()
    await (await openInline(fs)).close()
    const lost = fs.killed()
    const first = await openInline(lost)
    await first.durable(logText(first, text('a')))
    const former = lost.bytesOf(FIRST_SEGMENT).slice()
    const second = await openInline(fs)
    for (const letter of ['b', 'c']) await second.durable(logText(second, text(letter)))
    fs = fs.killed()
    const [end] = frameEnds(former)
    const bytes = fs.bytesOf(FIRST_SEGMENT).slice()
    bytes.set(former.subarray(0, end), 0)
    fs.setBytes(FIRST_SEGMENT, bytes)
    await expect(openInline(fs)).rejects.toMatchObject({ code: 'JOURNAL_CORRUPT', details: { offset: end, lastGoodLsn: 1 } })
  })

  it('of a later format are refused as such', async () => {
    const { encodeSegmentHeader } = await import('../src/segment-file.ts')
    const { crc32 } = await import('node:zlib')
    const header = encodeSegmentHeader(new Uint8Array(16), 1)
    header[8] = 9
    new DataView(header.buffer).setUint32(60, crc32(header.subarray(0, 60)), true)
    const fs = simulatedFolder()
    fs.setBytes(FIRST_SEGMENT, header)
    await expect(openInline(fs)).rejects.toMatchObject({ code: 'LAYOUT_MISMATCH' })
  })
})

describe('checkpoints', () => {
  async function withCheckpoints(): Promise<SimulatedFileSystem> {
    const fs = new SimulatedFileSystem()
    const journal = await openInline(fs)
    for (let index = 1; index <= 60; index++) {
      await journal.durable(logText(journal, `${index} ${'x'.repeat(300)}`))
      if (index % 20 === 0) await journal.checkpoint([{ component: 1, bytes: new TextEncoder().encode(`state ${index}`) }])
    }
    logText(journal, 'tail')
    await journal.close()
    return fs
  }
  const checkpointNames = (fs: SimulatedFileSystem): string[] => fs.list(FOLDER).filter((name) => name.endsWith('.ckpt'))

  it('keep the newest two, and the segments the older one needs', async () => {
    const fs = await withCheckpoints()
    expect(checkpointNames(fs)).toEqual(['checkpoint-0000000000000040.ckpt', 'checkpoint-0000000000000060.ckpt'])
    expect(fs.list(FOLDER)).not.toContain('segment-0000000001.log')
    expect(replayTexts(await openInline(fs)).texts).toEqual(['61 tail'])
  })

  it('that do not verify are passed over: the older one and a longer replay give the same', async () => {
    const fs = await withCheckpoints()
    const path = `${FOLDER}/checkpoint-0000000000000060.ckpt`
    for (let bit = 0; bit < fs.bytesOf(path).length * 8; bit++) {
      const copy = fs.killed()
      copy.setBytes(path, flipped(copy.bytesOf(path), bit))
      const journal = await openInline(copy)
      expect(new TextDecoder().decode(journal.checkpointSections[0]?.bytes)).toBe('state 40')
      const { texts } = replayTexts(journal)
      expect(texts).toHaveLength(21)
      expect(texts[0]).toMatch(/^41 41 x/)
      await journal.close()
    }
  })

  it('that are cut are passed over, wherever they were cut', async () => {
    const fs = await withCheckpoints()
    const path = `${FOLDER}/checkpoint-0000000000000060.ckpt`
    const bytes = fs.bytesOf(path)
    for (let length = 0; length < bytes.length; length++) {
      const copy = fs.killed()
      copy.setBytes(path, bytes.subarray(0, length))
      const journal = await openInline(copy)
      expect(new TextDecoder().decode(journal.checkpointSections[0]?.bytes), `cut at ${length}`).toBe('state 40')
      expect(replayTexts(journal).texts).toHaveLength(21)
      await journal.close()
    }
  })

  it('that are all gone cannot be made up for', async () => {
    const fs = await withCheckpoints()
    for (const name of checkpointNames(fs)) fs.remove(`${FOLDER}/${name}`)
    await expect(openInline(fs)).rejects.toMatchObject({ code: 'JOURNAL_CORRUPT', message: expect.stringContaining('record 1 was expected') })
  })
})
