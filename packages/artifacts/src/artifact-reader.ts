import type { ArtifactRef } from '@symphony/interface'
import { attachRegion } from '@symphony/shared-memory'
import { ArtifactIndex } from './artifact-index.ts'
import { parseHash } from './hash-words.ts'
import { ARTIFACTS_LAYOUT, HASH_WORDS } from './layout.ts'

/** What another thread can see of a store while its owner writes. */
export interface ArtifactReader {
  /** May miss an artifact for the moment in which another one is deleted; never claims one that is not there. */
  has(ref: ArtifactRef): boolean
  sizeBytes(ref: ArtifactRef): number | undefined
}

/**
 * Looks at a store's region from another thread, without a message to its owner.
 *
 * @throws SymphonyError `LAYOUT_MISMATCH`, `REGION_CORRUPT`
 * @example
 * // in a worker thread that was given `store.region` as its workerData
 * const reader = attachArtifactReader(workerData)
 * if (!reader.has(ref)) compute(ref)
 */
export function attachArtifactReader(region: SharedArrayBuffer): ArtifactReader {
  const { artifacts, hashes, index } = attachRegion(ARTIFACTS_LAYOUT, region).tables
  const rows = new ArtifactIndex(index.columns.slot, hashes.columns.word)
  const words = new Int32Array(HASH_WORDS)
  const find = (ref: ArtifactRef): number => (parseHash(ref, words) ? rows.find(words) : -1)
  return {
    has: (ref) => find(ref) >= 0,
    sizeBytes(ref) {
      const row = find(ref)
      return row < 0 ? undefined : artifacts.columns.sizeBytes[row]
    },
  }
}
