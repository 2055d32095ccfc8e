import type { ArtifactRef, ArtifactStore, Expansion, TaskResult } from '@symphony/interface'

/** How a result that also added tasks is remembered: both have to come back. */
const RECORD_TYPE = 'application/vnd.symphony.result+json'

interface ResultRecord {
  readonly output: ArtifactRef | null
  readonly tasks: Expansion['tasks']
  readonly ranges?: NonNullable<Expansion['ranges']>
}

type Store = Pick<ArtifactStore, 'putJson' | 'getJson' | 'head' | 'recall' | 'remember'>

/** Remembers what a task left under its cache key: the output alone, or a record of output and added tasks. */
export function rememberResult(artifacts: Store, key: string, { output, expansion }: TaskResult): void {
  const outputs = output === undefined ? [] : [output]
  if (expansion === undefined) return artifacts.remember(key, outputs)
  const record = { output: output ?? null, tasks: expansion.tasks, ranges: expansion.ranges } as ResultRecord
  artifacts.remember(key, [artifacts.putJson(JSON.parse(JSON.stringify(record)), { mediaType: RECORD_TYPE, text: false }), ...outputs])
}

/** What was remembered under a key, if all of it is still there. */
export function recallResult(artifacts: Store, key: string): TaskResult | undefined {
  const refs = artifacts.recall(key)
  if (refs === undefined) return undefined
  const [first] = refs
  if (first === undefined) return { recalled: true }
  if (artifacts.head(first)?.mediaType !== RECORD_TYPE) return { output: first, recalled: true }
  const record = artifacts.getJson(first) as unknown as ResultRecord
  const expansion: Expansion = { tasks: record.tasks, ...(record.ranges === undefined ? {} : { ranges: record.ranges }) }
  return record.output === null ? { recalled: true, expansion } : { output: record.output, recalled: true, expansion }
}
