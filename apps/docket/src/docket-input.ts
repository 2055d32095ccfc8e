import type { ArtifactRef } from '@symphony/interface'

/** A folder to take documents from. `label` stands for it in every path of the archive. */
export interface DocketSource {
  readonly label: string
  readonly folder: string
}

/** Input of a run: what was found, by address, so that an unchanged folder gives an equal input. */
export interface DocketInput {
  readonly listing: ArtifactRef
}

/** A file as it was found. `path` is how the archive shows it, `inside` where it is below its source's folder. */
export interface ListedFile {
  readonly path: string
  readonly source: string
  readonly inside: string
  readonly sizeBytes: number
  /** Changes whenever the file may have: size, times, inode. */
  readonly stat: string
}

/** What was found in all sources, in the order of paths. */
export interface Listing {
  readonly files: readonly ListedFile[]
  readonly unreadable: readonly { readonly path: string; readonly code: string; readonly reason: string }[]
}
