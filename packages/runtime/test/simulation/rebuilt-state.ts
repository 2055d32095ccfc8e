import { createHash } from 'node:crypto'
import { createArbitrationEngine } from '@symphony/arbitration'
import { createArtifactStore } from '@symphony/artifacts'
import { createDagTracker } from '@symphony/dag'
import { COMPONENT_IDS } from '@symphony/interface'
import type { FileSystem, Recoverable } from '@symphony/interface'
import { openJournal } from '@symphony/journal'
import { ARBITRATION, ARTIFACTS, DAG } from './small-kernel.ts'

type Parts = Readonly<Record<'dag' | 'artifacts' | 'arbitration', Recoverable>>

/** A state as one number for each component. */
export type Digest = Readonly<Record<keyof Parts, string>>

export function digestOf({ dag, artifacts, arbitration }: Parts): Digest {
  const digest = (part: Recoverable): string => createHash('sha256').update(part.snapshot()).digest('hex')
  return { dag: digest(dag), artifacts: digest(artifacts), arbitration: digest(arbitration) }
}

/** What the log of a folder comes to, from its newest checkpoint, without touching it. Undefined when there is no log. */
export async function rebuiltState(files: FileSystem, folder: string): Promise<{ readonly digest: Digest; readonly lsn: number; readonly checkpointLsn: number } | undefined> {
  if (files.stat(`${folder}/journal`) === undefined || files.list(`${folder}/journal`).every((name) => !name.endsWith('.log'))) return undefined
  await using journal = await openJournal({ folder: `${folder}/journal`, readOnly: true }, { fileSystem: files })
  const parts = {
    dag: createDagTracker(DAG),
    artifacts: createArtifactStore({ ...ARTIFACTS, folder: `${folder}/artifacts` }, { fileSystem: untouched(files) }),
    arbitration: createArbitrationEngine(ARBITRATION),
  }
  const byNumber = new Map<number, Recoverable>(Object.entries(parts).map(([name, part]) => [COMPONENT_IDS[name as keyof Parts], part]))
  for (const { component, bytes } of journal.checkpointSections) byNumber.get(component)?.restore(bytes)
  const { lastLsn, checkpointLsn } = journal.replay(({ component, type, body, lsn }) => byNumber.get(component)?.applyCommand(type, body, lsn))
  for (const part of byNumber.values()) part.afterRecovery?.()
  return { digest: digestOf(parts), lsn: lastLsn, checkpointLsn }
}

/** The same files, to be read only: what would change them does nothing. */
function untouched(files: FileSystem): FileSystem {
  return {
    ...nothingChanges,
    open: (path) => files.open(path, 'r'),
    close: (file) => files.close(file),
    read: (file, into, position) => files.read(file, into, position),
    list: (path) => (files.stat(path) === undefined ? [] : files.list(path)),
    stat: (path) => files.stat(path),
  }
}

const nothingChanges = { write() {}, syncData() {}, syncFolder() {}, truncate() {}, rename() {}, remove() {}, makeFolder() {} }
