import type { ArtifactRef } from '@symphony/interface'
import type { ScanSource } from './content/scan.ts'

/** Where documents come from: a folder, and the label that stands for it in every path of the archive. */
export type DocketSource = ScanSource

/** Input of a run: the listing by its address, so that an unchanged folder gives an equal input. */
export interface DocketInput {
  readonly listing: ArtifactRef
}
