import type { ArtifactStore } from '@symphony/interface'
import type { Suite } from './suite.ts'

/** What every ArtifactStore has to get right. */
export const artifactsSuite: Suite<ArtifactStore> = { component: 'artifacts', cases: [] }
