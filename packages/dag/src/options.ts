import type { Clock, CommandLog, EventSink, Logger, Random, WorkflowSpec } from '@symphony/interface'
import { SymphonyError } from '@symphony/interface'
import { EDGES_MAX, KEEP_ENDED_BYTES, KEEP_ENDED_RUNS, RUNS_MAX, TASKS_MAX } from './limits.ts'
import { suggestion } from './definition/nearest.ts'

/** What a user configures. Rows are reserved, not filled: generous numbers cost address space, not memory. */
export interface DagInit {
  /** Tasks of all runs that are kept at once; ranges are rounded up to powers of two. Default 2^20. */
  readonly tasksMax?: number
  /** Edges of all definitions in use, and, counted apart, edges added at run time. Default 2^22. */
  readonly edgesMax?: number
  /** Runs that are kept at once. Default 2^18. */
  readonly runsMax?: number
  /** Ended runs that can still be asked about; older ones are forgotten, and earlier when their rows are needed. Default 1,000. */
  readonly keepEndedRuns?: number
  /** Memory they may take, in bytes, roughly: of larger ones fewer are kept, the newest in any case. Default 256 MiB. */
  readonly keepEndedBytes?: number
  /** Defined at once, so that recovered runs find their functions. */
  readonly workflows?: readonly WorkflowSpec[]
}

/** What a composer injects. Without it, the tracker works alone, in memory. */
export interface DagPorts {
  readonly clock?: Clock
  /** For the ids of runs that are given none. */
  readonly random?: Random
  /** Without a log nothing is encoded, and nothing can be recovered. */
  readonly log?: CommandLog | undefined
  readonly events?: EventSink
  readonly logger?: Logger
}

export interface DagLimits {
  readonly tasksMax: number
  readonly edgesMax: number
  readonly runsMax: number
  readonly keepEndedRuns: number
  readonly keepEndedBytes: number
}

const INIT_KEYS: ReadonlySet<string> = new Set(['tasksMax', 'edgesMax', 'runsMax', 'keepEndedRuns', 'keepEndedBytes', 'workflows'])
/** Ranges and node numbers are packed with two bits of kind. */
const ROWS_MAX = 2 ** 28

/** @throws SymphonyError `CONFIG_INVALID` with all problems */
export function checkInit(init: DagInit): DagLimits {
  const problems: string[] = []
  for (const key in init) {
    if (!INIT_KEYS.has(key)) problems.push(`${key}: unknown key${suggestion(key, INIT_KEYS)}`)
  }
  const limits = {
    tasksMax: init.tasksMax ?? TASKS_MAX,
    edgesMax: init.edgesMax ?? EDGES_MAX,
    runsMax: init.runsMax ?? RUNS_MAX,
    keepEndedRuns: init.keepEndedRuns ?? KEEP_ENDED_RUNS,
    keepEndedBytes: init.keepEndedBytes ?? KEEP_ENDED_BYTES,
  }
  for (const [key, value] of Object.entries(limits)) {
    const least = key.startsWith('keepEnded') ? 0 : 1
    const most = key === 'keepEndedBytes' ? Number.MAX_SAFE_INTEGER : ROWS_MAX
    if (Number.isInteger(value) && value >= least && value <= most) continue
    problems.push(`${key}: must be a whole number from ${least} to ${most}, not ${String(value)}`)
  }
  if (problems.length > 0) {
    throw new SymphonyError({
      code: 'CONFIG_INVALID',
      component: '@symphony/dag',
      message: `The dag tracker cannot be created: ${problems.join('; ')}.`,
      details: { problems },
    })
  }
  return limits
}
