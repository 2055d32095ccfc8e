import { COMPONENT_IDS, SymphonyError } from '@symphony/interface'
import type { Clock, Journal, Lsn, Recoverable, RecoveryReport, WorkflowSpec } from '@symphony/interface'
import type { Components } from './compose.ts'

/** The components whose state is a fold of their commands, by the number their commands carry. */
export function recoverables(components: Components): ReadonlyMap<number, Recoverable> {
  return new Map<number, Recoverable>([
    [COMPONENT_IDS.dag, components.dag],
    [COMPONENT_IDS.artifacts, components.artifacts],
    [COMPONENT_IDS.arbitration, components.arbitration],
  ])
}

/**
 * Brings the components to where the log ends: newest checkpoint, then every later command in order. Part of opening; after it
 * every run is resumed, ended or quarantined with a reason.
 */
export function recover(components: Components, journal: Journal | undefined, workflows: readonly WorkflowSpec[], clock: Clock): RecoveryReport {
  const startedMs = clock.monotonicMs()
  const none = 0 as Lsn
  const byNumber = recoverables(components)
  for (const section of journal?.checkpointSections ?? []) target(byNumber, section.component).restore(section.bytes)
  const replayed = journal?.replay(({ component, type, body, lsn }) => target(byNumber, component).applyCommand(type, body, lsn))
  for (const component of byNumber.values()) component.afterRecovery?.()
  // Functions cannot be journaled: a run goes on as soon as the definition it was started with is known again.
  for (const workflow of workflows) components.dag.defineWorkflow(workflow)
  return {
    ...(replayed ?? { records: 0, commands: 0, firstLsn: none, lastLsn: none, checkpointLsn: none, tornBytes: 0 }),
    ...openRuns(components),
    elapsedMs: clock.monotonicMs() - startedMs,
  }
}

function target(byNumber: ReadonlyMap<number, Recoverable>, component: number): Recoverable {
  const found = byNumber.get(component)
  if (found !== undefined) return found
  throw new SymphonyError({
    code: 'LAYOUT_MISMATCH',
    component: 'runtime',
    message: `The log has commands of a component (number ${component}) this version does not know. Open it with the version that wrote it.`,
  })
}

function openRuns({ dag }: Components): Pick<RecoveryReport, 'runsResumed' | 'runsQuarantined'> {
  const states = dag.runs().map((id) => dag.getWorkflowState(id).state)
  const count = (...wanted: string[]): number => states.filter((state) => wanted.includes(state)).length
  return { runsResumed: count('running', 'paused'), runsQuarantined: count('quarantined') }
}
