import type { Logger, ReclaimCandidate, ReclaimPlan, ReclaimPolicy } from '@symphony/interface'
import { invalid } from './init.ts'
import type { TimeSlice } from './time-slice.ts'

interface Entry {
  readonly policy: ReclaimPolicy
  /** Kept from slice to slice, so that a long list is not begun anew each time. */
  open: Iterator<ReclaimCandidate> | undefined
  failure: string | undefined
}

/** Counted as it happens, so that a policy that throws half-way does not hide what it let go before. */
export interface ReclaimTally {
  looked: number
  reclaimed: number
  freedBytes: number
}

/**
 * Asks policies in order what may go, and lets it go while there is pressure. A policy that throws is skipped for the rest
 * of the sweep and named in `failures` until it works again.
 */
export class Reclamation {
  readonly #entries: Entry[] = []
  readonly #logger: Logger

  constructor(logger: Logger) {
    this.#logger = logger
  }

  get size(): number {
    return this.#entries.length
  }

  /** @throws SymphonyError `INVALID_ARGUMENT` when it is no policy */
  add(policy: ReclaimPolicy): () => void {
    const complete = typeof policy?.pressureBytes === 'function' && typeof policy.candidates === 'function' && typeof policy.reclaim === 'function'
    if (!complete || typeof policy.name !== 'string') throw invalid('A policy needs a name, pressureBytes(), candidates() and reclaim().')
    const entry: Entry = { policy, open: undefined, failure: undefined }
    this.#entries.push(entry)
    return () => {
      const at = this.#entries.indexOf(entry)
      if (at < 0) return
      this.#entries.splice(at, 1)
      closeIterator(entry)
    }
  }

  failures(): readonly string[] {
    return this.#entries.flatMap((entry) => (entry.failure === undefined ? [] : [`policy "${entry.policy.name}" was skipped: ${entry.failure}`]))
  }

  /**
   * Reclaims until no policy is under pressure or nothing is left to reclaim.
   * @returns false when the slice was over first
   */
  run(slice: TimeSlice, tally: ReclaimTally): boolean {
    // A copy: a policy may add or remove policies while it is asked.
    for (const entry of [...this.#entries]) {
      if (this.#guard(entry, () => reclaimFor(entry, slice, tally)) === false) return false
    }
    return true
  }

  /** What `run` would let go now, had it time without end. Policies that are content are left out. */
  plan(): readonly ReclaimPlan[] {
    return this.#entries.flatMap((entry) => this.#guard(entry, () => planFor(entry.policy)) ?? [])
  }

  #guard<T>(entry: Entry, run: () => T): T | undefined {
    try {
      const result = run()
      entry.failure = undefined
      return result
    } catch (error) {
      closeIterator(entry)
      const reason = error instanceof Error ? error.message : String(error)
      if (entry.failure !== reason) this.#logger.error('A reclaim policy threw and is skipped.', { policy: entry.policy.name, reason })
      entry.failure = reason
      return undefined
    }
  }
}

function reclaimFor(entry: Entry, slice: TimeSlice, tally: ReclaimTally): boolean {
  const { policy } = entry
  while (pressureOf(policy) > 0) {
    if (slice.isOver) return false
    entry.open ??= policy.candidates()[Symbol.iterator]()
    const next = entry.open.next()
    if (next.done === true) {
      entry.open = undefined
      return true
    }
    tally.looked++
    if (policy.reclaim(next.value)) {
      tally.reclaimed++
      tally.freedBytes += next.value.sizeBytes
    }
    slice.check()
  }
  closeIterator(entry)
  return true
}

function planFor(policy: ReclaimPolicy): readonly ReclaimPlan[] {
  const wantedBytes = pressureOf(policy)
  if (wantedBytes <= 0) return []
  const candidates: ReclaimCandidate[] = []
  let freedBytes = 0
  for (const candidate of policy.candidates()) {
    candidates.push(candidate)
    freedBytes += candidate.sizeBytes
    if (freedBytes >= wantedBytes) break
  }
  return [{ policy: policy.name, candidates, freedBytes }]
}

function pressureOf(policy: ReclaimPolicy): number {
  const bytes = policy.pressureBytes()
  if (Number.isNaN(bytes)) throw new Error('pressureBytes() is not a number')
  return bytes
}

function closeIterator(entry: Entry): void {
  const { open } = entry
  entry.open = undefined
  try {
    open?.return?.()
  } catch {
    // The list is given up anyway; what its clean-up throws changes nothing about what was reclaimed.
  }
}
