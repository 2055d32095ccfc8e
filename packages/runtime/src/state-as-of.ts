import { SymphonyError } from '@symphony/interface'
import type { CheckpointSection, ComponentId, Lsn, Recoverable, ReplicaSource } from '@symphony/interface'
import { openJournal } from '@symphony/journal'

/** What a checkpoint is made from: a log, a moment of it, and who makes state of it. Plain data: it crosses to another thread. */
export interface StateRequest {
  readonly journalFolder: string
  /** The last record that counts, the end of a change. It has to be in the file already. */
  readonly asOf: Lsn
  readonly sources: readonly (readonly [component: ComponentId, source: ReplicaSource])[]
}

/**
 * The state as of a record, out of the log and of nothing else: the newest checkpoint and what was logged since, told to replicas
 * beside a process that goes on writing.
 *
 * @throws SymphonyError `JOURNAL_CORRUPT`, `NOT_FOUND`, `LAYOUT_MISMATCH`, `CAPABILITY_MISSING` for a replica that cannot be made
 */
export async function stateAsOf({ journalFolder, asOf, sources }: StateRequest): Promise<CheckpointSection[]> {
  const replicas = new Map<number, Recoverable>()
  for (const [component, source] of sources) replicas.set(component, await replicaOf(source))
  await using journal = await openJournal({ folder: journalFolder, readOnly: true })
  for (const { component, bytes } of journal.checkpointSections) replicas.get(component)?.restore(bytes)
  const { lastLsn } = journal.replay(({ component, type, body, lsn }) => {
    if (lsn <= asOf) replicas.get(component)?.applyCommand(type, body, lsn)
  })
  if (lastLsn >= asOf) return sources.map(([component]) => ({ component, bytes: (replicas.get(component) as Recoverable).snapshot() }))
  throw new SymphonyError({
    code: 'JOURNAL_CORRUPT',
    component: 'runtime',
    message: `The log in ${journalFolder} ends at record ${lastLsn}, but ${asOf} was written. Check the disk.`,
    details: { lastGoodLsn: lastLsn, asOf },
  })
}

async function replicaOf({ module, factory, init }: ReplicaSource): Promise<Recoverable> {
  const create = ((await import(module)) as Readonly<Record<string, unknown>>)[factory]
  if (typeof create === 'function') return (create as (given: typeof init) => Recoverable)(init)
  throw new SymphonyError({
    code: 'CAPABILITY_MISSING',
    component: 'runtime',
    message: `${module} exports no function "${factory}" that would make a replica. Name one that it has, or offer no replica.`,
    details: { module, factory },
  })
}
