import type { ArtifactStore } from '@symphony/interface'
import { contentCases, lifecycleCases, streamCases } from './artifacts-content-cases.ts'
import { knowledgeCases, resultCases, searchCases } from './artifacts-knowledge-cases.ts'
import { recoveryCases } from './artifacts-recovery-cases.ts'
import { artifactsSupervisionCases } from './artifacts-supervision-cases.ts'
import { replicaCases } from './replica-cases.ts'
import { artifactsLife } from './replica-lives.ts'
import type { Suite } from './suite.ts'

/**
 * What every ArtifactStore has to get right. What the cases need of `create` is written at `ArtifactsSurroundings` in
 * `artifacts-stage.ts`; they take `largeBytes` and `artifactBytesMax` as options.
 */
export const artifactsSuite: Suite<ArtifactStore> = {
  component: 'artifacts',
  cases: [...contentCases, ...knowledgeCases, ...resultCases, ...streamCases, ...searchCases, ...recoveryCases, ...artifactsSupervisionCases, ...replicaCases(artifactsLife), ...lifecycleCases],
}
