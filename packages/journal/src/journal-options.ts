import { resolve } from 'node:path'
import { SymphonyError } from '@symphony/interface'
import type { Clock, Durability, ErrorCode, FileSystem, Json, Logger, Random, Turns } from '@symphony/interface'
import { FRAME_HEADER_BYTES } from './frame.ts'
import { journalError } from './journal-error.ts'
import { CALLER_COMMITS, INLINE_RING_BYTES, RECORD_BYTES_MAX, RING_BYTES, SEGMENT_BYTES, SEGMENT_BYTES_MAX, SEGMENT_BYTES_MIN } from './limits.ts'
import { SEGMENT_HEADER_BYTES } from './segment-file.ts'

/** What a user says about a journal. */
export interface JournalInit {
  /** Where the log lives: a folder of its own, created if need be. */
  readonly folder: string
  /** When `durable` answers. Default: `group`. */
  readonly durability?: Durability
  /** Size of a segment, 4 KiB to 1 GiB. Default: 64 MiB. It begins with a sixteenth of it and doubles when it is full; sparse, so it costs space only as it fills. */
  readonly segmentBytes?: number
  /** Largest record. Default: 1 MiB, or what fits into a segment if that is less. */
  readonly recordBytesMax?: number
  /** Room between the threads, rounded up to a power of two. At least four records of the largest size. Default: 4 MiB. */
  readonly ringBytes?: number
  /** Who writes: a thread of its own (default), or the caller itself: when it asks for durability or, with `turns` of its own, at the end of that turn. */
  readonly writer?: 'thread' | 'inline'
  /**
   * How many commits the caller makes, each at the end of a turn of the event loop, before the thread is started; much to write or a slow
   * disk start it sooner. 0: the thread is there from the beginning, and the caller never waits for the disk. Default: 16.
   */
  readonly threadAfterCommits?: number
  /**
   * Only reads: takes no lock and writes nothing, so it works beside a process that has the folder open and on a disk that is
   * read-only. Hands out the log as it is at opening, records that are written but not forced yet included. Default: false.
   */
  readonly readOnly?: boolean
  /**
   * The file of a `SpaceReserve` of `@symphony/ports`. When the disk is full it is removed, so that what is logged by work under way still
   * finds room. Keep it filled, and start no new work while it is not held. Default: none, a full disk poisons the log at once.
   */
  readonly reservePath?: string
}

/** What a composer injects. */
export interface JournalPorts {
  readonly clock?: Clock
  readonly turns?: Turns
  readonly logger?: Logger
  /** Only for the inline writer: a thread cannot use another thread's object. */
  readonly fileSystem?: FileSystem
  /** Where the log's random id comes from. Default: the system's random bytes. */
  readonly random?: Random
}

/** The init with every default filled in. */
export interface JournalSettings {
  readonly folder: string
  readonly durability: Durability
  readonly segmentBytes: number
  readonly recordBytesMax: number
  readonly ringBytes: number
  readonly writer: 'thread' | 'inline'
  readonly threadAfterCommits: number
  readonly readOnly: boolean
  readonly reservePath: string | undefined
}

const KEYS = ['folder', 'durability', 'segmentBytes', 'recordBytesMax', 'ringBytes', 'writer', 'threadAfterCommits', 'readOnly', 'reservePath']
const RECORD_BYTES_MIN = 64
const RING_BYTES_MAX = 2 ** 30

/**
 * @throws SymphonyError `UNKNOWN_KEY`, `INVALID_ARGUMENT`
 */
export function journalSettings(init: JournalInit, ports: JournalPorts): JournalSettings {
  for (const key of Object.keys(init)) {
    if (!KEYS.includes(key)) throw refuse('UNKNOWN_KEY', `openJournal does not know "${key}". It reads ${KEYS.join(', ')}.`, { key })
  }
  const { folder, durability = 'group', segmentBytes = SEGMENT_BYTES, writer = 'thread', threadAfterCommits = CALLER_COMMITS, readOnly = false, reservePath } = init
  if (typeof folder !== 'string' || folder === '') {
    throw refuse('INVALID_ARGUMENT', 'A journal needs a folder: openJournal({ folder: "state/journal" }).', { key: 'folder' })
  }
  checkChoice('durability', durability, ['group', 'sync', 'none'])
  checkChoice('writer', writer, ['thread', 'inline'])
  if (typeof readOnly !== 'boolean') throw refuse('INVALID_ARGUMENT', `readOnly is true or false, not ${JSON.stringify(readOnly)}.`, { key: 'readOnly' })
  if (reservePath !== undefined && (typeof reservePath !== 'string' || reservePath === '')) {
    throw refuse('INVALID_ARGUMENT', `reservePath is the path of a file, not ${JSON.stringify(reservePath)}.`, { key: 'reservePath' })
  }
  if (writer === 'thread' && !readOnly && ports.fileSystem !== undefined) {
    const message = 'A file system of your own cannot cross to the writer thread. Pass writer: "inline" with it.'
    throw refuse('INVALID_ARGUMENT', message, { key: 'writer' })
  }
  checkRange('segmentBytes', segmentBytes, SEGMENT_BYTES_MIN, SEGMENT_BYTES_MAX)
  const roomBytes = segmentBytes - (segmentBytes % 8) - SEGMENT_HEADER_BYTES - FRAME_HEADER_BYTES
  const recordBytesMax = init.recordBytesMax ?? Math.min(RECORD_BYTES_MAX, roomBytes)
  checkRange('recordBytesMax', recordBytesMax, RECORD_BYTES_MIN, roomBytes)
  const ringBytesMin = 4 * recordBytesMax
  const ringBytes = init.ringBytes ?? Math.max(writer === 'thread' ? RING_BYTES : INLINE_RING_BYTES, ringBytesMin)
  checkRange('ringBytes', ringBytes, ringBytesMin, RING_BYTES_MAX)
  checkRange('threadAfterCommits', threadAfterCommits, 0, Number.MAX_SAFE_INTEGER)
  return {
    folder: resolve(folder),
    durability,
    segmentBytes: segmentBytes - (segmentBytes % 8),
    recordBytesMax,
    ringBytes,
    writer,
    threadAfterCommits,
    readOnly,
    reservePath: reservePath === undefined ? undefined : resolve(reservePath),
  }
}

function checkChoice(key: string, value: string, choices: readonly string[]): void {
  if (choices.includes(value)) return
  throw refuse('INVALID_ARGUMENT', `${key} is one of ${choices.join(', ')}, not ${JSON.stringify(value)}.`, { key })
}

function checkRange(key: string, value: number, min: number, max: number): void {
  if (Number.isSafeInteger(value) && value >= min && value <= max) return
  throw refuse('INVALID_ARGUMENT', `${key} is a whole number from ${min} to ${max}, not ${value}.`, { key, min, max })
}

function refuse(code: ErrorCode, message: string, details: { readonly [key: string]: Json }): SymphonyError {
  return journalError(code, message, details)
}
