import { SymphonyError } from '@symphony/interface'
import type { Policy, PolicyBatch } from '@symphony/interface'

/** First ready, first served. */
export const fifoPolicy: Policy = {
  name: 'fifo',
  score({ count, tasks, scores, columns }) {
    for (let index = 0; index < count; index++) scores[index] = -(columns.taskReadyAtMs[tasks[index] as number] as number)
  },
}

/**
 * The task with the longest expected way to the end of its run first: upward rank, as in HEFT (Topcuoglu, Hariri, Wu 2002).
 * Shortens the run that is alone; says nothing about which of several runs is more urgent.
 */
export const criticalPathPolicy: Policy = {
  name: 'critical-path',
  score({ count, tasks, scores, columns }) {
    for (let index = 0; index < count; index++) scores[index] = columns.taskRankMs[tasks[index] as number] as number
  },
}

/** The run with the fewest open tasks first: the mean time to finish is shortest when short things go first. */
export const shortestPolicy: Policy = {
  name: 'shortest',
  score({ count, tasks, scores, columns }) {
    for (let index = 0; index < count; index++) scores[index] = -(columns.runTasksOpen[columns.taskRun[tasks[index] as number] as number] as number)
  },
}

/** No opinion within a tenant: age decides, and the arbitration engine shares between tenants. */
export const fairPolicy: Policy = {
  name: 'fair',
  score({ count, scores }) {
    scores.fill(0, 0, count)
  },
}

const policies: Readonly<Record<string, Policy>> = { fifo: fifoPolicy, 'critical-path': criticalPathPolicy, shortest: shortestPolicy, fair: fairPolicy }

export function isBuiltIn(policy: Policy): boolean {
  return policies[policy.name] === policy
}

/** A built-in policy by its name. @throws SymphonyError `NOT_FOUND`, naming those there are */
export function policyByName(name: string): Policy {
  const policy = policies[name]
  if (policy !== undefined) return policy
  throw new SymphonyError({
    code: 'NOT_FOUND',
    component: 'conductor',
    message: `There is no policy "${name}". Use one of ${Object.keys(policies).join(', ')}, or pass a policy object.`,
  })
}

/**
 * A policy only gives advice: whatever it answers, or if it throws, every task still gets a finite score and its turn.
 * @param shown what it gets, which may be the batch itself
 * @returns false when it threw
 */
export function scoreSafely(policy: Policy, shown: PolicyBatch, batch: PolicyBatch, onThrow: (error: unknown) => void): boolean {
  const { count, scores, propensities } = batch
  let works = true
  allOne(propensities, count)
  try {
    policy.score(shown)
  } catch (error) {
    works = false
    onThrow(error)
    allOne(propensities, count)
    fifoPolicy.score(batch)
  }
  for (let index = 0; index < count; index++) {
    if (!Number.isFinite(scores[index])) scores[index] = 0
    if (!((propensities[index] as number) > 0 && (propensities[index] as number) <= 1)) propensities[index] = 1
  }
  return works
}

/** One by one: the engine's own `fill` is a call that costs more than most batches are long. */
function allOne(propensities: Float64Array, count: number): void {
  for (let index = 0; index < count; index++) propensities[index] = 1
}
