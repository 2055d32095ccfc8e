import { tell } from './story.ts'
import type { StoryCounts } from './story-counts.ts'

export const name = 'journal'

/** The story of one seed, some 20 crashes and recoveries; rejects when the journal has lost or invented something. */
export function runSeed(seed: number): Promise<StoryCounts> {
  return tell(seed)
}
