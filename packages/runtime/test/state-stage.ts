import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createArbitrationEngine } from '@symphony/arbitration'
import { createArtifactStore } from '@symphony/artifacts'
import { createDagTracker } from '@symphony/dag'
import { COMPONENT_IDS } from '@symphony/interface'
import type { ArbitrationEngine, ArtifactStore, ComponentId, DagTracker, Journal, ModelNumber, Random, Recoverable, ReplicaSource, TaskRow, WorkflowSpec } from '@symphony/interface'
import { openJournal } from '@symphony/journal'
import { VirtualClock } from '@symphony/ports'

/** The components that have a durable state, over the log of a folder. */
export interface StateStage {
  readonly journal: Journal
  readonly dag: DagTracker
  readonly artifacts: ArtifactStore
  readonly arbitration: ArbitrationEngine
  readonly clock: VirtualClock
  readonly parts: ReadonlyMap<number, Recoverable>
  readonly checkpointLsn: number
}

export const spec: WorkflowSpec = {
  name: 'mixed',
  types: [{ name: 'x', run: () => 1 }],
  tasks: [{ id: 'a', type: 'x' }, { id: 'b', type: 'x', needs: ['a'] }, { id: 'c', type: 'x', needs: [{ task: 'b', kind: 'soft' }] }, { id: 'd', waitFor: 'go', needs: ['a'] }],
}

export function temporaryFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'symphony-state-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

/** Opens a state folder and recovers it, as a runtime does. */
export async function openState(folder: string, init: Partial<Parameters<typeof openJournal>[0]> = {}): Promise<StateStage> {
  const journal = await openJournal({ folder: join(folder, 'journal'), writer: 'inline', durability: 'none', ...init })
  const clock = new VirtualClock()
  const ports = { clock, log: journal }
  const dag = createDagTracker({ tasksMax: 1 << 14, edgesMax: 1 << 14, runsMax: 1 << 10, keepEndedRuns: 20 }, ports)
  const artifacts = createArtifactStore({ folder: join(folder, 'artifacts'), artifactsMax: 1 << 12 }, ports)
  const arbitration = createArbitrationEngine({ requestsMax: 64 }, ports)
  const parts = new Map<number, Recoverable>([[COMPONENT_IDS.dag, dag], [COMPONENT_IDS.artifacts, artifacts], [COMPONENT_IDS.arbitration, arbitration]])
  for (const { component, bytes } of journal.checkpointSections) parts.get(component)?.restore(bytes)
  const { checkpointLsn } = journal.replay(({ component, type, body, lsn }) => parts.get(component)?.applyCommand(type, body, lsn))
  for (const part of parts.values()) part.afterRecovery?.()
  dag.defineWorkflow(spec)
  return { journal, dag, artifacts, arbitration, clock, parts, checkpointLsn }
}

export async function closeState({ journal, artifacts }: StateStage): Promise<void> {
  await artifacts.close()
  await journal.close()
}

export function snapshotsOf({ parts }: StateStage): readonly string[] {
  return [...parts.values()].map((part) => Buffer.from(part.snapshot()).toString('base64'))
}

export function sourcesOf({ parts }: StateStage): readonly (readonly [ComponentId, ReplicaSource])[] {
  return [...parts].map(([component, { replica }]) => [component as ComponentId, replica as ReplicaSource])
}

const MODEL = 1 as ModelNumber

/** One change of some component, or of two in one record. */
export function change(stage: StateStage, random: Random): void {
  const { dag, artifacts, arbitration, journal, clock } = stage
  const pick = (count: number): number => Math.floor(random.next() * count)
  clock.advance(pick(3))
  const into = new Int32Array(1)
  const kind = pick(10)
  if (kind < 2) dag.startWorkflow(spec, { input: { number: pick(1000) }, tenant: `t${pick(3)}` })
  else if (kind < 6 && dag.takeReady(into) === 1) {
    const task = into[0] as TaskRow
    const token = dag.beginTask(task)
    journal.transact(() => {
      if (pick(5) === 0) dag.failTask(task, { code: 'TASK_FAILED', component: 'test', message: 'as asked', retryable: true, details: {} }, { token, ...(pick(2) === 0 ? {} : { retryAtMs: clock.nowMs() + 3 }) })
      else dag.completeTask(task, { output: artifacts.put(`content ${pick(50)}`, { name: `name ${pick(5)}` }), ...(pick(4) === 0 ? { expansion: { tasks: [{ id: `n${pick(1e9)}`, type: 'x' }] } } : {}) }, token)
    })
  } else if (kind === 6) dag.wakeDue(clock.nowMs())
  else if (kind === 7) {
    const runs = dag.runs()
    const id = runs[pick(runs.length)]
    if (id !== undefined && dag.getWorkflowState(id).state === 'running') dag.signalWorkflow(id, 'go')
  } else if (kind === 8) {
    arbitration.submit({ model: MODEL, tenant: `t${pick(3)}`, costUsd: pick(100) / 100, tag: 1 })
    const grant = arbitration.next(MODEL)
    if (grant !== undefined) arbitration.settle(grant, { outcome: 'succeeded', costUsd: pick(100) / 100, durationMs: 1 })
  } else artifacts.put(`content ${pick(200)}`, { tags: { kind: `k${pick(4)}` } })
}
