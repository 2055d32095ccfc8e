import { SimulatedFileSystem } from '@symphony/conformance/simulator'
import type { CheckpointSection, Lsn } from '@symphony/interface'
import { placeCheckpoint } from '@symphony/journal'
import { describe, expect, it } from 'vitest'
import { readCheckpoint } from '../src/checkpoint-file.ts'
import { COMMAND_FLAGS } from '../src/command-codec.ts'
import { FILL_AHEAD_BYTES } from '../src/limits.ts'
import { RecordRing } from '../src/record-ring.ts'
import { createSegment, readSegmentHeader, startBytes } from '../src/segment-file.ts'
import { SegmentWriter } from '../src/segment-writer.ts'
import { SharedWords } from '../src/shared-words.ts'
import { FIRST_SEGMENT, FOLDER, openInline, replayTexts, simulatedFolder } from './log-fixtures.ts'

const SEGMENT_BYTES = 1 << 16
const options = { folder: FOLDER, segmentBytes: SEGMENT_BYTES, recordBytesMax: 8192, isSynced: true }

interface Bench {
  readonly fs: SimulatedFileSystem
  readonly writer: SegmentWriter
  /** Logs a record of that many bytes and commits it. */
  commit(bytes: number): void
}

/** @param sizeBytes how large the first segment is that the writer finds */
function bench(segmentBytes = SEGMENT_BYTES, sizeBytes = segmentBytes): Bench {
  const fs = simulatedFolder()
  const logId = new Uint8Array(16).fill(3)
  fs.close(createSegment(fs, FOLDER, logId, 1, sizeBytes))
  const { seed } = readSegmentHeader(fs, FOLDER, 1)
  const writer = new SegmentWriter(fs, { ...options, segmentBytes }, { logId, segment: 1, offset: 64, chain: seed, nextLsn: 1, sealed: [], hasNext: false, checkpoints: [] })
  const ring = RecordRing.create(new SharedWords().words, 1 << 15)
  return {
    fs,
    writer,
    commit(bytes) {
      ring.put(ring.reserve(bytes), 1, COMMAND_FLAGS.last, 7, new Uint8Array(bytes - 8).fill(65))
      ring.seal()
      ring.publish()
      expect(writer.commit(ring)).toBe(1)
    },
  }
}

const segmentsOf = (fs: SimulatedFileSystem): readonly string[] => fs.list(FOLDER)

describe('a segment', () => {
  const PART = SEGMENT_BYTES / 4

  it('begins small and doubles when it is full, up to a whole one; only then the next one begins', async () => {
    const { fs, writer, commit } = bench(SEGMENT_BYTES, PART)
    const sizes = [fs.bytesOf(FIRST_SEGMENT).length]
    for (let index = 0; index < 16; index++) {
      commit(4096)
      const size = fs.bytesOf(FIRST_SEGMENT).length
      if (size !== sizes.at(-1)) sizes.push(size)
    }
    expect(sizes).toEqual([PART, 2 * PART, 4 * PART])
    expect(segmentsOf(fs)).toEqual(['segment-0000000001.log', 'segment-0000000002.log'])
    expect(fs.bytesOf(`${FOLDER}/segment-0000000002.log`)).toHaveLength(startBytes(SEGMENT_BYTES, options.recordBytesMax))
    writer.close()
    expect(replayTexts(await openInline(fs, { segmentBytes: SEGMENT_BYTES })).texts).toHaveLength(16)
  })

  it('is made larger in a quiet moment, before it is full', () => {
    const { fs, writer, commit } = bench(SEGMENT_BYTES, PART)
    commit(4096)
    while (writer.prepareStep());
    expect(fs.bytesOf(FIRST_SEGMENT)).toHaveLength(PART)
    commit(4096)
    while (writer.prepareStep());
    expect(fs.bytesOf(FIRST_SEGMENT)).toHaveLength(2 * PART)
    expect(segmentsOf(fs)).toHaveLength(1)
  })

  it('has room for the largest record from the beginning', () => {
    expect(startBytes(64 << 20, 1 << 20)).toBe(4 << 20)
    expect(startBytes(8 << 20, 1 << 20)).toBeGreaterThan(1 << 20)
    expect(startBytes(4096, 2048)).toBeGreaterThan(2048)
    expect(startBytes(4096, 8192)).toBe(4096)
  })
})

describe('the writer in a quiet moment', () => {
  it('fills ahead with zeroes, forces them, and then has nothing left to do', () => {
    const { fs, writer, commit } = bench()
    commit(160)
    let steps = 0
    while (writer.prepareStep()) steps++
    expect(steps).toBe(1)
    expect(fs.bytesOf(FIRST_SEGMENT).subarray(64 + 32 + 160).every((byte) => byte === 0)).toBe(true)
    const { operations } = fs
    expect(writer.prepareStep()).toBe(false)
    expect(fs.operations).toBe(operations)
  })

  it('fills ahead again when half of it is used, not after each commit', () => {
    const { fs, writer, commit } = bench(FILL_AHEAD_BYTES + (4 << 20))
    commit(160)
    while (writer.prepareStep());
    const filled = fs.operations
    for (let bytes = 0; bytes < FILL_AHEAD_BYTES / 2 - (1 << 20); bytes += 8192) commit(8192)
    const committed = fs.operations
    expect(writer.prepareStep()).toBe(false)
    expect(fs.operations).toBe(committed)
    for (let bytes = 0; bytes < 2 << 20; bytes += 8192) commit(8192)
    let steps = 0
    while (writer.prepareStep()) steps++
    expect(steps).toBeGreaterThan(1)
    expect(filled).toBeGreaterThan(FILL_AHEAD_BYTES >>> 20)
  })

  it('prepares the next segment past the middle, and changes over without creating one', async () => {
    const { fs, writer, commit } = bench()
    for (let index = 0; index < 10; index++) commit(4096)
    while (writer.prepareStep());
    expect(segmentsOf(fs)).toEqual(['segment-0000000001.log', 'segment-0000000002.log'])
    for (let index = 0; index < 8; index++) commit(4096)
    expect(segmentsOf(fs)).toHaveLength(2)
    writer.close()
    const { texts } = replayTexts(await openInline(fs, { segmentBytes: SEGMENT_BYTES }))
    expect(texts).toHaveLength(18)
  })

  it('goes on behind a segment that was prepared and not used', async () => {
    const { fs, writer, commit } = bench()
    for (let index = 0; index < 10; index++) commit(4096)
    while (writer.prepareStep());
    writer.close()
    const journal = await openInline(fs, { segmentBytes: SEGMENT_BYTES })
    expect(journal.lastLsn).toBe(10)
    for (let index = 0; index < 20; index++) await journal.durable(journal.append(1, 1, new Uint8Array(4000)))
    await journal.close()
    expect(replayTexts(await openInline(fs, { segmentBytes: SEGMENT_BYTES })).texts).toHaveLength(30)
    expect(segmentsOf(fs)).toHaveLength(2)
  })

  it('stops preparing on a full disk, and leaves the verdict to the next commit', () => {
    const { fs, writer, commit } = bench()
    commit(160)
    fs.arm({ failures: [{ at: 1, code: 'STORAGE_FULL' }] })
    expect(writer.prepareStep()).toBe(false)
    expect(writer.prepareStep()).toBe(false)
    commit(160)
    expect(writer.lastLsn).toBe(2)
  })

  it('takes a failed forcing of the log itself for what it is', () => {
    const { fs, writer, commit } = bench()
    commit(160)
    fs.arm({ failures: [{ at: 2, code: 'STORAGE_FAILED' }] })
    expect(() => writer.prepareStep()).toThrow(expect.objectContaining({ code: 'STORAGE_FAILED' }))
  })
})

describe('a checkpoint that the writer is about to write', () => {
  it('does not meet that of the same record which somebody else places meanwhile', () => {
    for (let between = 0; between <= 3; between++) {
      const { fs, writer, commit } = bench()
      commit(160)
      const sections = (text: string): readonly CheckpointSection[] => [{ component: 1, bytes: new TextEncoder().encode(text) }]
      const steps = writer.checkpoint(1, sections('by the writer'))
      for (let step = 0; step < between; step++) steps.next()
      placeCheckpoint(FOLDER, sections('placed'), 1 as Lsn, fs)
      for (const _ of steps);
      const found = readCheckpoint(fs, FOLDER, 1, new Uint8Array(16).fill(3))
      expect(found?.sections.map(({ bytes }) => new TextDecoder().decode(bytes)), `${between} steps before`).toHaveLength(1)
      expect(fs.list(FOLDER)).toEqual(['checkpoint-0000000000000001.ckpt', 'segment-0000000001.log'])
    }
  })
})
