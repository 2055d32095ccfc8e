import type { ErrorCode } from '@symphony/interface'

/**
 * How what was written and not forced fares at a power cut: weights, of which one outcome is drawn for each file that has such
 * content. What was forced is never touched by them.
 */
export interface CutWeights {
  /** All of it is gone. */
  readonly lost?: number
  /** All of it is there. */
  readonly arrived?: number
  /** Any of the sectors, whatever the order in which they were written. */
  readonly reordered?: number
  /** Those written first, and of the next one a part. */
  readonly torn?: number
  /** All of it, at another place of the file, where `mayLand` allows it; otherwise it is gone. */
  readonly misdirected?: number
}

/** Operations that change something, as far as a fault tells them apart. */
export type FaultyOperation = 'any' | 'write' | 'sync'

/** A refusal by the storage. */
export interface Failure {
  /** Which operations are counted, and refused. `sync` is `syncData` and `syncFolder`. Default: any that changes something. */
  readonly operation?: FaultyOperation
  /** The Nth of them from now on, beginning with 1. */
  readonly at: number
  readonly code: ErrorCode
  /** All that follow are refused, too. Default: false. */
  readonly isForEver?: boolean
  /** For a write: how many bytes arrive before it is refused. Default: 0. */
  readonly partBytes?: number
}

/** The end of the process at an operation that changes something. */
export interface Crash {
  /** The Nth from now on, beginning with 1. */
  readonly at: number
  /** `within`: half of a write has arrived; other operations are whole or not at all, so it means `after` for them. */
  readonly moment: 'before' | 'within' | 'after'
}

/**
 * What goes wrong with a simulated storage. Everything is drawn from one seed: the same plan and the same calls, the same faults.
 * Failures and the crash are of one life; the rest stays for the lives after it.
 */
export interface FaultPlan {
  /** Default: 1. */
  readonly seed?: number
  /** Default: all is lost. */
  readonly cut?: CutWeights
  /** Chance that some of a folder's changes that were not forced survive a power cut, the first ones first. Default: 0, none does. */
  readonly namesKept?: number
  /** Chance that a power cut leaves one bit of one file flipped. Default: 0. */
  readonly rot?: number
  /** Where bits may flip. Default: anywhere. */
  readonly mayRot?: (path: string, at: number) => boolean
  /** Chance that one bit of a write flips on its way, so that reading it back shows it. Default: 0. */
  readonly garbled?: number
  /** Which files that happens to. Default: all. */
  readonly mayGarble?: (path: string) => boolean
  /** Where a misdirected sector may land. Default: where there are only zeroes on the device. */
  readonly mayLand?: (path: string, at: number, onDevice: Uint8Array) => boolean
  /** Chance that an operation takes `slowMs`. Default: 0. */
  readonly slow?: number
  /** Default: 2000. */
  readonly slowMs?: number
  readonly failures?: readonly Failure[]
  readonly crash?: Crash
}

/** A power cut that leaves everything an honest device may leave. */
export const HONEST_CUT: CutWeights = { lost: 1, arrived: 1, reordered: 2, torn: 2 }
