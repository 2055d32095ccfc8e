import type { ArtifactRef, Clock, DagTracker, ErrorData, FencingToken, NeedKind, TaskRow, TaskSpec, WorkflowSpec } from '@symphony/interface'
import { ok } from './expectations.ts'
import type { RecordedCommand } from './recorded-command.ts'
import type { Maker } from './suite.ts'

/** A clock that moves when it is told to; `VirtualClock` of `@symphony/ports` is one. */
export interface MovableClock extends Clock {
  advance(byMs: number): void
}

/**
 * What the cases ask of `create`: the tracker, and among the surroundings `clock`, movable by `advance`, and, of one that claims
 * `replayable`, `reopen(options)`: another tracker that recovered from what this one has logged. Options are an init: `workflows`,
 * `keepEndedRuns`, `keepEndedBytes`, `tasksMax`, `runsMax`. Of one that claims `descriptions` or `replica`, `commands()`: what it has logged so far.
 */
export interface Stage {
  readonly dag: DagTracker
  readonly clock: MovableClock
  reopen(options?: Readonly<Record<string, unknown>>): Promise<DagTracker>
  commands(): readonly RecordedCommand[]
}

export const FAILURE: ErrorData = { code: 'TASK_FAILED', component: 'suite', message: 'failed on purpose', retryable: true, details: {} }
export const REF: ArtifactRef = 'a1'.repeat(32) as ArtifactRef
export const OTHER_REF: ArtifactRef = 'b2'.repeat(32) as ArtifactRef
export const run = (): number => 1

export async function stage(make: Maker<DagTracker>, options?: Readonly<Record<string, unknown>>): Promise<Stage> {
  const { component, surroundings } = await make(options)
  const { clock, reopen, commands } = surroundings as unknown as Stage
  return { dag: component, clock, reopen, commands }
}

/** A workflow by its needs: `a?` is a soft need of a, `a*` an optional one. */
export function flow(
  name: string,
  tasks: Readonly<Record<string, readonly string[]>>,
  more: Readonly<Record<string, Partial<TaskSpec>>> = {},
): WorkflowSpec {
  const kinds: Readonly<Record<string, NeedKind>> = { '?': 'soft', '*': 'optional' }
  const needOf = (need: string): string | { readonly task: string; readonly kind: NeedKind } => {
    const kind = kinds[need.at(-1) as string]
    return kind === undefined ? need : { task: need.slice(0, -1), kind }
  }
  const typeOf = (id: string): Partial<TaskSpec> => (more[id]?.waitFor === undefined ? { type: 'x' } : {})
  const specs = Object.entries(tasks).map(([id, needs]) => ({ id, needs: needs.map(needOf), ...typeOf(id), ...more[id] }))
  return { name, types: [{ name: 'x', run }, { name: 'y', run }], tasks: specs }
}

export function statesOf(dag: DagTracker, id: string): Readonly<Record<string, string>> {
  return Object.fromEntries(dag.tasks(id).map((task) => [task.id, task.state]))
}

/** Rows that can be taken now, as task ids. */
export function take(dag: DagTracker, most = 1000): string[] {
  const into = new Int32Array(most)
  return Array.from(into.subarray(0, dag.takeReady(into)), (task) => dag.task(task as TaskRow).id)
}

export function begin(dag: DagTracker, id: string, task: string): FencingToken {
  return dag.beginTask(dag.taskRow(id, task))
}

export function succeed(dag: DagTracker, id: string, ...tasks: readonly string[]): void {
  for (const task of tasks) ok(dag.completeTask(dag.taskRow(id, task), {}, begin(dag, id, task)), `${task} succeeds`)
}

export function fail(dag: DagTracker, id: string, task: string, retryAtMs?: number): void {
  const token = begin(dag, id, task)
  ok(dag.failTask(dag.taskRow(id, task), FAILURE, retryAtMs === undefined ? { token } : { token, retryAtMs }), `${task} fails`)
}

/** Completes whatever gets ready until nothing does. */
export function drain(dag: DagTracker): void {
  const into = new Int32Array(64)
  for (let count = dag.takeReady(into); count > 0; count = dag.takeReady(into)) {
    for (const task of into.subarray(0, count)) dag.completeTask(task as TaskRow, {}, dag.beginTask(task as TaskRow))
  }
}
