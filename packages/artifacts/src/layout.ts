import { defineLayout } from '@symphony/shared-memory'
import type { Layout, Region } from '@symphony/shared-memory'

/** A million artifacts unless told otherwise. Untouched pages of a region cost no memory. */
export const ARTIFACTS_DEFAULT = 1_048_576

/** Words of a SHA-256 address. */
export const HASH_WORDS = 8
export const HASH_BYTES = 32

/** Where content lies, in the `pack` column: a pack file's number, or one of these. */
export const PLACE = { MEMORY: 0, OWN_FILE: -1 } as const

/** What the `searchText` column says an artifact is found by, beside its name and tags. */
export const SEARCH_TEXT = { NONE: 0, CONTENT: 1, GIVEN: 2 } as const

const declaration = {
  name: 'artifacts',
  version: 1,
  words: {
    /** Ends of the list of all artifacts in the order they came; row + 1, 0 for none. */
    oldest: 'i32',
    newest: 'i32',
    /** Rises by one an artifact, never reused: tells two users of one row apart. */
    sequence: 'f64',
    /** The newest pack a command speaks of, and where its last entry ends. */
    packNumber: 'i32',
    packTail: 'f64',
    storedBytes: 'f64',
  },
  tables: {
    artifacts: {
      rows: 1_048_576,
      columns: {
        sizeBytes: 'f64',
        offset: 'f64',
        createdAtMs: 'f64',
        costMs: 'f64',
        /** NaN when its maker did not judge it. */
        quality: 'f64',
        /** 0 while the row is free. */
        sequence: 'f64',
        pack: 'i32',
        pins: 'i32',
        searchText: 'i32',
        /** Neighbours in the list, row + 1. `newer` belongs to the row allocator while the row is free. */
        older: 'i32',
        newer: 'i32',
      },
    },
    /** Eight words a row, so that comparing an address touches one cache line. Their bytes in memory are the digest. */
    hashes: { rows: 8_388_608, columns: { word: 'i32' } },
    /** Open addressing over the hashes; row + 1, 0 for none. Rebuilt, never part of a snapshot. */
    index: { rows: 2_097_152, columns: { slot: 'i32' } },
    /** When an artifact was last read or put. Ephemeral, hence a table of its own that snapshots leave out. */
    uses: { rows: 1_048_576, columns: { atMs: 'f64' } },
  },
} as const

/** The region of an artifact store. */
export const ARTIFACTS_LAYOUT: Layout<typeof declaration> = defineLayout(declaration)
export type ArtifactsLayout = typeof declaration
export type ArtifactsRegion = Region<ArtifactsLayout>
export type ArtifactsColumns = ArtifactsRegion['tables']['artifacts']['columns']

/** Rows to reserve for that many artifacts. The index stays at most half full, so that a probe is short. */
export function rowsFor(artifactsMax: number): Readonly<Record<'artifacts' | 'hashes' | 'index' | 'uses', number>> {
  return { artifacts: artifactsMax, hashes: artifactsMax * HASH_WORDS, index: 2 ** Math.ceil(Math.log2(artifactsMax * 2)), uses: artifactsMax }
}
