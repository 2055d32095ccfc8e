import type { CheckpointSection, FileSystem } from '@symphony/interface'
import { filesWithReserve } from '@symphony/ports'
import { checkpointPath, checkPlace, writeCheckpoint } from './checkpoint-file.ts'
import { FRAME_HEADER_BYTES, FRAME_KINDS, sealFrame } from './frame.ts'
import { CHECKPOINTS_KEPT, FILL_AHEAD_BYTES, FILL_STEP_BYTES, FRAME_PAYLOAD_BYTES_MAX } from './limits.ts'
import type { RecordRing } from './record-ring.ts'
import type { SealedSegment, WriterPosition } from './recovery.ts'
import { createSegment, encodeSegmentHeader, SEGMENT_HEADER_BYTES, segmentPath, startBytes } from './segment-file.ts'

export interface SegmentWriterOptions {
  readonly folder: string
  readonly segmentBytes: number
  readonly recordBytesMax: number
  /** False: nothing is forced before `syncNow`, for throw-away state. */
  readonly isSynced: boolean
  /** A file whose space a commit on a full disk may take; see `SpaceReserve`. */
  readonly reservePath?: string | undefined
}

const FRAME_START_BYTES = 64 * 1024
const NO_FILE = -1

/**
 * All disk work of the log, one synchronous step at a time, over the FileSystem port: a thread runs it, or a simulator does.
 *
 * Anything it throws from `commit` or `close` means that the end of the log is unknown. It must not be used again then, and
 * above all not be asked to force the same file once more: the system may answer yes for pages it has dropped.
 */
export class SegmentWriter {
  readonly #fs: FileSystem
  /** For commits: a full disk gives its reserve to them, not to housekeeping and not to checkpoints, which the log can do without. */
  readonly #roomyFs: FileSystem
  readonly #options: SegmentWriterOptions
  readonly #logId: Uint8Array
  readonly #framePayloadMax: number
  #number: number
  #file: number
  #sizeBytes = 0
  #seed: number
  #offset: number
  #chain: number
  #filledTo: number
  #nextLsn: number
  #sealed: SealedSegment[]
  #hasNext: boolean
  #checkpoints: number[]
  #frame: Uint8Array
  readonly #syncs: Set<number> = new Set()
  #hasUnclosedFrames: boolean
  #canPrepare = true
  #isFilling = false
  commits: number
  bytesWritten: number

  constructor(fs: FileSystem, options: SegmentWriterOptions, position: WriterPosition) {
    this.#fs = fs
    this.#roomyFs = options.reservePath === undefined ? fs : filesWithReserve(fs, options.reservePath)
    this.#options = options
    this.#logId = position.logId
    const segmentRoom = options.segmentBytes - SEGMENT_HEADER_BYTES - FRAME_HEADER_BYTES
    this.#framePayloadMax = Math.max(options.recordBytesMax, Math.min(FRAME_PAYLOAD_BYTES_MAX, segmentRoom))
    this.#frame = new Uint8Array(FRAME_HEADER_BYTES + Math.min(FRAME_START_BYTES, this.#framePayloadMax))
    this.#number = position.segment
    this.#offset = position.offset
    this.#chain = position.chain
    this.#nextLsn = position.nextLsn
    this.#sealed = [...position.sealed]
    this.#hasNext = position.hasNext
    this.#checkpoints = [...position.checkpoints]
    this.commits = position.former?.commits ?? 0
    this.bytesWritten = position.former?.bytesWritten ?? 0
    this.#hasUnclosedFrames = position.former?.hasUnclosedFrames ?? false
    this.#seed = this.#seedOf(this.#number)
    this.#filledTo = this.#offset
    this.#file = fs.open(segmentPath(options.folder, this.#number), 'r+')
    try {
      this.#measure()
    } catch (error) {
      this.abandon()
      throw error
    }
  }

  /** The last record that was committed. */
  get lastLsn(): number {
    return this.#nextLsn - 1
  }

  get segments(): number {
    return this.#sealed.length + 1
  }

  /**
   * Writes what fits into one frame and forces it; afterwards those records are durable. Returns how many they were.
   * @throws SymphonyError of the file system
   */
  commit(ring: RecordRing): number {
    if (ring.waitingBytes === 0) return 0
    let taken = this.#take(ring)
    while (taken.records === 0 && ring.waitingBytes > 0) {
      if (!this.#isWhole) this.#grow(this.#roomyFs)
      else this.#roll()
      taken = this.#take(ring)
    }
    if (taken.records === 0) return 0
    // Forced before the frame is even written: the system may write a page back on its own at any moment.
    if (this.#options.isSynced) this.#syncOthers()
    this.#writeFrame(FRAME_HEADER_BYTES + taken.bytes, FRAME_KINDS.records, taken.records)
    if (this.#options.isSynced) this.#fs.syncData(this.#file)
    this.#hasUnclosedFrames = true
    this.#nextLsn += taken.records
    this.commits++
    return taken.records
  }

  /** Forces what `commit` has left to chance because nothing is forced by default. */
  syncNow(): void {
    this.#syncOthers()
    this.#fs.syncData(this.#file)
  }

  /**
   * One short step of housekeeping for a quiet moment. False when there is nothing left to do. A full disk ends the
   * preparations, not the log: whether the next commit finds room is for that commit to find out.
   * @throws SymphonyError when the log itself could not be forced
   */
  prepareStep(): boolean {
    if (!this.#canPrepare) return false
    const isHalfUsed = this.#offset >= this.#sizeBytes / 2
    if (isHalfUsed && !this.#isWhole) return this.#tryTo(() => this.#grow(this.#fs))
    const target = Math.min(this.#sizeBytes, this.#offset + FILL_AHEAD_BYTES)
    const from = Math.max(this.#filledTo, this.#offset)
    // Once begun, all of it: to make up for each commit would be one more fsync for each.
    this.#isFilling = from < target && (this.#isFilling || from < Math.min(this.#sizeBytes, this.#offset + FILL_AHEAD_BYTES / 2))
    if (this.#isFilling) {
      const bytes = Math.min(FILL_STEP_BYTES, target - from)
      this.#tryTo(() => this.#fs.write(this.#file, new Uint8Array(bytes), from))
      this.#fs.syncData(this.#file)
      this.#filledTo = from + bytes
      return this.#canPrepare
    }
    if (this.#hasNext || !isHalfUsed) return false
    this.#hasNext = this.#tryTo(() => this.#fs.close(this.#create(this.#fs, this.#number + 1)))
    return this.#hasNext
  }

  /**
   * Writes a checkpoint whose records are durable already, then drops what nobody needs any more. The newest two are kept; a
   * segment goes when all its records are in the OLDER of them, because recovery falls back to that one if the newest
   * does not verify. With a single checkpoint nothing is dropped: its fallback is the whole log.
   *
   * @param sections undefined: somebody has written it already
   */
  *checkpoint(newLsn: number, sections: readonly CheckpointSection[] | undefined): Generator<undefined, void> {
    const { folder } = this.#options
    if (sections === undefined) checkPlace(this.#fs, folder, newLsn, this.#logId)
    else yield* writeCheckpoint(this.#fs, folder, this.#logId, { lsn: newLsn, sections })
    const lsns = [newLsn, ...this.#checkpoints.filter((lsn) => lsn !== newLsn)].sort((a, b) => b - a)
    this.#checkpoints = lsns.slice(0, CHECKPOINTS_KEPT)
    for (const lsn of lsns.slice(CHECKPOINTS_KEPT)) this.#fs.remove(checkpointPath(folder, lsn))
    const olderLsn = this.#checkpoints[CHECKPOINTS_KEPT - 1] ?? 0
    // Oldest first, each for good before the next: whatever is left after a crash in between has no gap.
    while (this.#sealed[0] !== undefined && this.#sealed[0].lastLsn <= olderLsn) {
      this.#fs.remove(segmentPath(folder, this.#sealed[0].number))
      this.#fs.syncFolder(folder)
      this.#sealed.shift()
      yield
    }
  }

  /** Ends the log orderly: what was committed is durable, and the end is marked as one. */
  close(): void {
    try {
      this.#syncOthers()
      if (!this.#hasUnclosedFrames) return
      if (this.#sizeBytes - this.#offset < FRAME_HEADER_BYTES) this.#roll()
      this.#writeFrame(FRAME_HEADER_BYTES, FRAME_KINDS.closed, 0)
      this.#fs.syncData(this.#file)
    } finally {
      this.abandon()
    }
  }

  /**
   * Lets go of the file for another writer, which goes on at the position returned. Nothing is left to be forced that a commit would.
   * @throws SymphonyError as `commit`
   */
  handOver(): WriterPosition {
    this.#syncOthers()
    const { commits, bytesWritten } = this
    const position = {
      logId: this.#logId,
      segment: this.#number,
      offset: this.#offset,
      chain: this.#chain,
      nextLsn: this.#nextLsn,
      sealed: this.#sealed,
      hasNext: this.#hasNext,
      checkpoints: this.#checkpoints,
      former: { commits, bytesWritten, hasUnclosedFrames: this.#hasUnclosedFrames },
    }
    this.abandon()
    return position
  }

  /** Lets go of the file, if one is held, without a word about the end of the log. */
  abandon(): void {
    const file = this.#file
    this.#file = NO_FILE
    if (file !== NO_FILE) this.#fs.close(file)
  }

  /** As many records as one frame may have and as fit into the segment as it is. */
  #take(ring: RecordRing): { readonly bytes: number; readonly records: number } {
    const limit = Math.min(this.#sizeBytes - this.#offset - FRAME_HEADER_BYTES, this.#framePayloadMax)
    const wanted = FRAME_HEADER_BYTES + Math.min(limit, Math.max(ring.waitingBytes, 0))
    if (wanted > this.#frame.length) {
      const doubled = 2 ** Math.ceil(Math.log2(wanted))
      this.#frame = new Uint8Array(Math.min(FRAME_HEADER_BYTES + this.#framePayloadMax, doubled))
    }
    return ring.take(this.#frame, FRAME_HEADER_BYTES, Math.min(limit, this.#frame.length - FRAME_HEADER_BYTES), this.#syncs)
  }

  #writeFrame(bytes: number, kind: number, records: number): void {
    const frame = this.#frame.subarray(0, bytes)
    this.#chain = sealFrame(frame, this.#seed, this.#chain, kind, this.#nextLsn, records)
    this.#roomyFs.write(this.#file, frame, this.#offset)
    this.#offset += bytes
    this.bytesWritten += bytes
  }

  /** Files a record may refer to are forced before the record is. */
  #syncOthers(): void {
    for (const file of this.#syncs) this.#fs.syncData(file)
    this.#syncs.clear()
  }

  #roll(): void {
    // Without a sync in each commit this is the last chance for the segment that is left behind.
    if (!this.#options.isSynced) this.#fs.syncData(this.#file)
    this.abandon()
    this.#sealed.push({ number: this.#number, lastLsn: this.#nextLsn - 1 })
    this.#number++
    this.#file = this.#hasNext ? this.#fs.open(segmentPath(this.#options.folder, this.#number), 'r+') : this.#create(this.#roomyFs, this.#number)
    this.#hasNext = false
    this.#seed = this.#seedOf(this.#number)
    this.#chain = this.#seed
    this.#offset = SEGMENT_HEADER_BYTES
    this.#filledTo = this.#offset
    this.#measure()
  }

  #create(fs: FileSystem, number: number): number {
    const { folder, segmentBytes, recordBytesMax } = this.#options
    return createSegment(fs, folder, this.#logId, number, startBytes(segmentBytes, recordBytesMax))
  }

  get #isWhole(): boolean {
    return this.#sizeBytes >= this.#options.segmentBytes
  }

  /** Finds out how large the segment is; one that was cut short becomes as large as a new one. */
  #measure(): void {
    const { folder, segmentBytes, recordBytesMax } = this.#options
    const { sizeBytes } = this.#fs.stat(segmentPath(folder, this.#number)) ?? { sizeBytes: 0 }
    this.#sizeBytes = sizeBytes - (sizeBytes % 8)
    const leastBytes = startBytes(segmentBytes, recordBytesMax)
    if (this.#sizeBytes < leastBytes) this.#resize(this.#roomyFs, leastBytes)
  }

  #grow(fs: FileSystem): void {
    this.#resize(fs, Math.min(2 * this.#sizeBytes, this.#options.segmentBytes))
  }

  /** The new size is forced with the first frame that needs it. */
  #resize(fs: FileSystem, sizeBytes: number): void {
    fs.truncate(this.#file, sizeBytes)
    this.#sizeBytes = sizeBytes
  }

  /** Prepares something; what fails once is not tried again. */
  #tryTo(prepare: () => void): boolean {
    try {
      prepare()
    } catch {
      this.#canPrepare = false
    }
    return this.#canPrepare
  }

  #seedOf(number: number): number {
    const header = encodeSegmentHeader(this.#logId, number)
    return new DataView(header.buffer).getUint32(SEGMENT_HEADER_BYTES - 4, true)
  }
}
