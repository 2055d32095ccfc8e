import { SymphonyError } from '@symphony/interface'
import type { ArtifactStore, Json } from '@symphony/interface'
import type { DocketResult } from './tasks/archive-tasks.ts'

/** Name under which each finished run's result is kept, newest last. */
const NAME = 'docket/latest'

/** Makes a finished run's archive the one that questions are answered from. */
export function publishArchive(artifacts: ArtifactStore, result: DocketResult): void {
  artifacts.putJson(result as unknown as Json, { name: NAME, madeBy: 'docket', text: false })
}

/** The newest finished archive. @throws SymphonyError `NOT_FOUND` before the first run has finished */
export function latestArchive(artifacts: ArtifactStore): DocketResult {
  const ref = artifacts.latest(NAME)
  if (ref !== undefined) return artifacts.getJson(ref) as unknown as DocketResult
  throw new SymphonyError({
    code: 'NOT_FOUND',
    component: 'docket',
    message: 'There is no archive here yet. Make one with `symphony run docket <folder>`, or name the right state folder with --state.',
  })
}
