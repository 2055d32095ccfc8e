import { basename } from 'node:path'
import type { DagTracker, RunProgress, RunReport, RunStateName } from '@symphony/interface'
import type { FoundRun, FoundState } from './state-folders.ts'

/**
 * How a run stands, seen from outside: `interrupted` has not ended and no process is at work on it; `running` has not ended and one
 * has its state folder open.
 */
export type SeenState = Exclude<RunStateName, 'quarantined'> | 'interrupted'

/** Every state a run can be seen in. */
export const SEEN_STATES: readonly SeenState[] = ['running', 'interrupted', 'paused', 'succeeded', 'failed', 'cancelled']

/** A run in one line. */
export interface RunHead {
  readonly id: string
  readonly workflow: string
  readonly version: string
  readonly state: SeenState
  readonly reason: string | null
  readonly tenant: string
  readonly progress: RunProgress
  readonly startedAtMs: number
  readonly endedAtMs: number | null
  /** From its start to its end, or until now while a process is at work on it; null when nobody knows. */
  readonly tookMs: number | null
  readonly folder: string
}

/** The heads of all runs of some states, newest first. */
export function runHeads(states: readonly FoundState[], nowMs: number): readonly RunHead[] {
  const heads = states.flatMap(({ folder, view }) => view.dag.runs().map((id) => runHead({ id, folder, view }, nowMs)))
  return heads.sort((a, b) => b.startedAtMs - a.startedAtMs)
}

/** A run as people ask about it. */
export function runHead({ id, folder, view }: FoundRun, nowMs: number): RunHead {
  const report = view.dag.getWorkflowState(id)
  const state = seenState(view.dag, report, view.isOpen)
  const endMs = report.endedAtMs ?? (state === 'running' ? nowMs : undefined)
  return {
    id,
    workflow: report.workflow,
    version: report.version,
    state,
    reason: report.state === 'quarantined' ? null : (report.reason ?? null),
    tenant: report.tenant,
    progress: report.progress,
    startedAtMs: report.startedAtMs,
    endedAtMs: report.endedAtMs ?? null,
    tookMs: endMs === undefined ? null : Math.max(0, endMs - report.startedAtMs),
    folder,
  }
}

/** Runs that have ended in `progress`. */
export function endedCount({ succeeded, failed, skipped, cancelled }: RunProgress): number {
  return succeeded + failed + skipped + cancelled
}

/** The name a folder goes by in a list. */
export function folderName(folder: string): string {
  return decodeURIComponent(basename(folder))
}

function seenState(dag: DagTracker, report: RunReport, isOpen: boolean): SeenState {
  if (report.state !== 'quarantined') return report.state
  // A reader knows no functions, so everything that has not ended is quarantined. Whether it was paused before, the view itself can
  // tell: only a paused run can be resumed, and what is done to a view goes nowhere.
  if (dag.resumeWorkflow(report.id)) {
    dag.pauseWorkflow(report.id)
    return 'paused'
  }
  return isOpen ? 'running' : 'interrupted'
}
