import { SymphonyError } from '@symphony/interface'
import type { Clock, EventSink, Logger, Random } from '@symphony/interface'

export const COMPONENT = '@symphony/stale'

/** What a user configures. */
export interface StaleInit {
  /** Entities that may be watched at once. Untouched rows cost no memory. Default 1,048,576; at most 16,777,216. */
  readonly watchesMax?: number
  /** Grain of time, whole milliseconds: nothing expires early, and up to this much late. Default 1. */
  readonly tickMs?: number
  /** Time a sweep of the manager's own may take before it lets others go on, ms. Default 2. */
  readonly sweepBudgetMs?: number
  /** How often the manager, once started, asks its policies whether there is pressure, ms. Default 1,000. */
  readonly policyEveryMs?: number
  /** Used heap from which on `health` says "degraded". Default: no limit. */
  readonly heapBytesMax?: number
}

/** What a composer injects. */
export interface StalePorts {
  readonly clock?: Clock
  /** Reserved for composers that hand the same ports to every component; nothing here is left to chance. */
  readonly random?: Random
  readonly events?: EventSink
  readonly logger?: Logger
  readonly memory?: () => { readonly heapUsedBytes: number }
}

export const DEFAULTS: Required<StaleInit> = { watchesMax: 1 << 20, tickMs: 1, sweepBudgetMs: 2, policyEveryMs: 1_000, heapBytesMax: Infinity }

const LIMITS: Readonly<Record<keyof StaleInit, readonly [least: number, most: number, whole: boolean]>> = {
  // Sixteen million rows leave 2^29 generations a row before a handle would reach 2^53.
  watchesMax: [1, 1 << 24, true],
  tickMs: [1, 3_600_000, true],
  sweepBudgetMs: [0.01, 10_000, false],
  policyEveryMs: [1, 86_400_000, false],
  heapBytesMax: [1, Infinity, false],
}

/** The init with its defaults filled in, checked once. @throws SymphonyError `INVALID_ARGUMENT`, `UNKNOWN_KEY` */
export function checkedInit(init: StaleInit): Required<StaleInit> {
  for (const [key, value] of Object.entries(init) as [keyof StaleInit, unknown][]) {
    const limits = LIMITS[key]
    if (limits === undefined) {
      throw new SymphonyError({
        code: 'UNKNOWN_KEY',
        component: COMPONENT,
        message: `"${key}" is not a setting of the stale manager; it has ${Object.keys(LIMITS).join(', ')}.`,
        details: { key },
      })
    }
    const [least, most, whole] = limits
    if (value === undefined) continue
    if (typeof value === 'number' && value >= least && value <= most && (!whole || Number.isInteger(value))) continue
    throw invalid(`"${key}" has to be a ${whole ? 'whole ' : ''}number from ${least} to ${most}, not ${String(value)}.`)
  }
  const given = Object.fromEntries(Object.entries(init).filter(([, value]) => value !== undefined))
  return Object.freeze({ ...DEFAULTS, ...given })
}

export function invalid(message: string): SymphonyError {
  return new SymphonyError({ code: 'INVALID_ARGUMENT', component: COMPONENT, message })
}
