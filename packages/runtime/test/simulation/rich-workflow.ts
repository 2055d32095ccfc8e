import type { Json, Random, TaskContext, TaskSpec, WorkflowSpec } from '@symphony/interface'
import { randomWorkflow } from '../random-workflows.ts'
import type { RunInput, Stage } from '../random-workflows.ts'

/** Tasks of one type that may run at once, where there is such a limit. */
export const CONCURRENCY = 2

/** A workflow for tasks that are runs of their own: nobody outside knows them, so it waits for no signal. */
export function childWorkflow(random: Random, name: string, stage: Stage): WorkflowSpec {
  const { timeoutMs: _, ...workflow } = richWorkflow(random, name, stage, [])
  return { ...workflow, tasks: workflow.tasks.map(({ waitFor, ...task }) => (waitFor === undefined ? task : { ...task, delayMs: 7 })) }
}

/**
 * A random workflow with what crashes are dangerous for: effects outside, other attempts after failures and time limits, undoing, time,
 * runs of other workflows, and limits on what runs at once.
 */
export function richWorkflow(random: Random, name: string, stage: Stage, children: readonly WorkflowSpec[]): WorkflowSpec {
  const pick = (below: number): number => Math.floor(random.next() * below)
  const { tasks, ...workflow } = randomWorkflow(random, name, stage)
  const rich = tasks.map((task) => (task.run !== undefined ? { ...task, ...traits(pick, task) } : task.model !== undefined ? { ...task, ...modelTraits(pick) } : task))
  const more = Array.from({ length: pick(3) }, (_, at): TaskSpec => {
    const needs = tasks.filter(() => pick(4) === 0).map(({ id }) => ({ task: id, kind: 'soft' as const }))
    return { id: `more ${at}`, needs, ...extra(pick, children) }
  })
  return {
    ...workflow,
    tasks: [...rich, ...more],
    ...(pick(12) === 0 ? { timeoutMs: 300 + pick(900) } : {}),
    ...(pick(12) === 0 ? { retriesMax: 1 + pick(3) } : {}),
  }
}

function traits(pick: (below: number) => number, task: TaskSpec): Partial<TaskSpec> {
  const isTried = task.retry === undefined && task.default === undefined && pick(3) === 0
  return {
    ...(pick(3) === 0 && task.cache === undefined ? { effect: 'outside' as const } : {}),
    ...(isTried ? { retry: { attempts: 2 + pick(2), delayMs: 1 + pick(60) } } : {}),
    ...(isTried && pick(2) === 0 ? { timeoutMs: 300 + pick(200) } : {}),
    ...(pick(4) === 0 ? { compensate: (_: unknown, { idempotencyKey }: TaskContext) => idempotencyKey } : {}),
    ...(pick(8) === 0 ? { concurrency: { max: CONCURRENCY, key: 'few' } } : {}),
  }
}

/** Instances die and calls hang, so there is a limit and another attempt. */
function modelTraits(pick: (below: number) => number): Partial<TaskSpec> {
  return { timeoutMs: 300 + pick(200), retry: { attempts: 2 + pick(3), delayMs: 1 + pick(60) } }
}

function extra(pick: (below: number) => number, children: readonly WorkflowSpec[]): Partial<TaskSpec> {
  const child = children[pick(children.length)]
  const kind = pick(child === undefined ? 3 : 6)
  if (kind === 0) return { delayMs: pick(2) === 0 ? 1 + pick(400) : 5_000 + pick(600_000) }
  if (kind === 1) return { cron: '* * * * *' }
  if (kind === 2) return { run: ({ store }) => store('x'.repeat(pick(3000))), effect: 'outside' }
  const input = ({ runId, taskId }: TaskContext): Json => ({ run: `${runId}/${taskId}`, workflow: child?.name ?? '', seed: pick(1000) }) satisfies RunInput
  return { workflow: child?.name ?? '', input, allowFailure: true }
}
