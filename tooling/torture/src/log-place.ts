import { closeSync, fsyncSync, openSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Random } from '@symphony/interface'
import type { JournalInit } from '@symphony/journal'
import { oneOf } from './scenario.ts'

/** Where a log lies, and how it is kept. Plain data: it crosses to the process that writes. */
export interface LogPlace {
  readonly folder: string
  /** The file beside the log that records refer to. */
  readonly besides: string
  readonly segmentBytes: number
  readonly contentBytesMax: number
  readonly ringBytes: number
}

/** What a writing process is told. */
export interface WriterOrders {
  readonly place: LogPlace
  readonly seed: number
  /** Number of the process in the life of this log. */
  readonly generation: number
  /** After so many it ends in order. */
  readonly rounds: number
  readonly threadAfterCommits: number
}

/** Room for the headers of what a record consists of. */
const HEADERS_BYTES = 128

/** Small segments and a small ring: rolling and waiting for room are where things go wrong. */
export function logPlace(random: Random, folder: string): LogPlace {
  const segmentBytes = oneOf(random, [4096, 8192, 65_536, 1 << 20])
  return {
    folder: join(folder, 'journal'),
    besides: join(folder, 'contents'),
    segmentBytes,
    contentBytesMax: segmentBytes < 65_536 ? 1_500 : oneOf(random, [300, 12_000]),
    ringBytes: oneOf(random, [65_536, 4 << 20]),
  }
}

/** Makes the file beside the log, for good: who writes only opens it. */
export function makeBesides({ besides }: LogPlace): void {
  closeSync(openSync(besides, 'a'))
  const folder = openSync(dirname(besides), 'r')
  fsyncSync(folder)
  closeSync(folder)
}

export function settingsOf({ folder, segmentBytes, contentBytesMax, ringBytes }: LogPlace): JournalInit {
  return { folder, segmentBytes, recordBytesMax: contentBytesMax + HEADERS_BYTES, ringBytes }
}

export function ordersFor(random: Random, place: LogPlace, seed: number, generation: number): WriterOrders {
  return { place, seed, generation, rounds: oneOf(random, [10, 60]), threadAfterCommits: oneOf(random, [0, 3, 16]) }
}
