import type { FileSystem, LoggedCommand } from '@symphony/interface'
import { isSymphonyError } from '@symphony/interface'
import { forEachCommand } from '../command-codec.ts'
import { FRAME_KINDS } from '../frame.ts'
import { journalError } from '../journal-error.ts'
import { readSegmentHeader, SEGMENT_HEADER_BYTES, segmentNumbers } from '../segment-file.ts'
import type { SegmentFile } from '../segment-file.ts'
import { SegmentScan } from '../segment-scan.ts'

/** Reads on in a log somebody else writes. */
export interface LogFollower {
  /** Number of the last record that was read. */
  readonly lastLsn: number
  /**
   * Hands out what was written since the last call, in order; half a frame is left for the next one. Returns how many commands.
   * @throws SymphonyError `NOT_FOUND` when records were dropped behind a checkpoint before they were read: open it anew
   */
  poll(visit: (command: LoggedCommand) => void): number
}

interface Place {
  readonly segment: SegmentFile
  readonly offset: number
  readonly chain: number
}

/** A cursor in a log: where the next frame will be. Holds no file open between two looks. */
export class LogCursor implements LogFollower {
  readonly #fs: FileSystem
  readonly #folder: string
  #place: Place | undefined
  lastLsn: number

  constructor(fs: FileSystem, folder: string, lastLsn: number) {
    this.#fs = fs
    this.#folder = folder
    this.lastLsn = lastLsn
  }

  poll(visit: (command: LoggedCommand) => void): number {
    try {
      let commands = 0
      for (;;) {
        this.#place ??= this.#first()
        if (this.#place === undefined) return commands
        commands += this.#readOn(this.#place, visit)
        const next = this.#segmentBehind(this.#place.segment)
        if (next === undefined) return commands
        this.#place = atStart(next)
      }
    } catch (error) {
      if (isSymphonyError(error, 'NOT_FOUND') && error.component !== 'journal') throw dropped(this.#folder, this.lastLsn)
      throw error
    }
  }

  /** The segment with the record wanted: the last one whose first record is not behind it. */
  #first(): Place | undefined {
    let isBehind = false
    for (const number of this.#numbers().toReversed()) {
      const segment = readSegmentHeader(this.#fs, this.#folder, number)
      const scan = new SegmentScan(this.#fs, segment)
      const head = scan.next()?.head
      scan.close()
      if (head !== undefined && head.firstLsn <= this.lastLsn + 1) return atStart(segment)
      isBehind ||= head !== undefined
    }
    if (isBehind) throw dropped(this.#folder, this.lastLsn)
    return undefined
  }

  #readOn({ segment, offset, chain }: Place, visit: (command: LoggedCommand) => void): number {
    let commands = 0
    const scan = new SegmentScan(this.#fs, segment)
    try {
      scan.offset = offset
      scan.chain = chain
      for (let frame = scan.next(); frame !== undefined; frame = scan.next()) {
        this.#place = { segment, offset: scan.offset, chain: scan.chain }
        if (frame.head.kind === FRAME_KINDS.closed) continue
        commands += forEachCommand(frame.payload, frame.head.firstLsn, this.lastLsn, visit)
        this.lastLsn = Math.max(this.lastLsn, frame.head.firstLsn + frame.head.records - 1)
      }
    } finally {
      scan.close()
    }
    return commands
  }

  /** The next segment once something is in it: it may be made ready long before. */
  #segmentBehind({ number }: SegmentFile): SegmentFile | undefined {
    if (!this.#numbers().includes(number + 1)) return undefined
    const segment = readSegmentHeader(this.#fs, this.#folder, number + 1)
    const scan = new SegmentScan(this.#fs, segment)
    try {
      return scan.next() === undefined ? undefined : segment
    } finally {
      scan.close()
    }
  }

  #numbers(): readonly number[] {
    return segmentNumbers(this.#fs.list(this.#folder))
  }
}

function atStart(segment: SegmentFile): Place {
  return { segment, offset: SEGMENT_HEADER_BYTES, chain: segment.seed }
}

function dropped(folder: string, lastLsn: number): Error {
  const message = `Records behind ${lastLsn} of the log in ${folder} were dropped behind a checkpoint before they were read. Begin anew with the state there is now.`
  return journalError('NOT_FOUND', message, { folder, lastLsn })
}
