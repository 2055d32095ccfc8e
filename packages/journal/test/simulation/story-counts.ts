import { zeroFaults } from '@symphony/conformance/simulator'
import type { FaultCounts } from '@symphony/conformance/simulator'

const OWN = {
  /** Crashes and what was recovered after them, checked against the oracle. */
  cycles: 0,
  'crash-in-recovery': 0,
  'crash-in-recovery-twice': 0,
  'crash-in-recovery-thrice': 0,
  /** Damage that was detected: the journal refused to open. */
  refused: 0,
  /** A write from before a power cut that came through after it, over what was written since. */
  'late-write': 0,
}

/** What happened in the stories of some seeds. */
export type StoryCounts = FaultCounts & Record<keyof typeof OWN, number>

export function zeroCounts(): StoryCounts {
  return { ...zeroFaults(), ...OWN }
}

export function addCounts(total: StoryCounts, more: StoryCounts): void {
  for (const kind of Object.keys(total) as (keyof StoryCounts)[]) total[kind] += more[kind]
}
