import { SymphonyError } from '@symphony/interface'
import type { BudgetSpec, Clock, CommandLog, EventSink, Json, Logger, RateSpec } from '@symphony/interface'

export const COMPONENT = '@symphony/arbitration'

/** What a user configures. Budgets, rates and weights given here hold from the start; the methods change them later. */
export interface ArbitrationInit {
  /** Shares by tenant; 1 for whom is not named. */
  readonly weights?: Readonly<Record<string, number>>
  readonly budgets?: readonly BudgetSpec[]
  readonly rates?: readonly RateSpec[]
  /** Memory all running grants may hold together. Default: no limit. */
  readonly memoryBytesMax?: number
  /** Requests that wait or run at once. Default 65,536. */
  readonly requestsMax?: number
  /** Requests of one tenant that may wait at once. Default: as many as `requestsMax`. */
  readonly requestsPerTenantMax?: number
  /** Decisions that `explain` and `history` remember. Default 16,384. */
  readonly decisionsKept?: number
  /** Service counts half after this time. Default 60,000. */
  readonly halfLifeMs?: number
  /** Tenants known at once. Default 16,384. */
  readonly tenantsMax?: number
  /** Lines at once, one for each tenant, model and priority that was ever used. Default 65,536. */
  readonly flowsMax?: number
  /** How often others may be admitted past a request that waits for memory before memory is kept free for it. Default 100. */
  readonly passedOverMax?: number
  /** A model rests for `restMs` after so many failed calls in a row, twice as long each time it fails again. Default: never. */
  readonly breaker?: { readonly failures: number; readonly restMs: number }
}

/** What a composer injects. */
export interface ArbitrationPorts {
  readonly clock?: Clock
  readonly log?: CommandLog | undefined
  readonly events?: EventSink
  readonly logger?: Logger
}

export interface CheckedInit extends Required<Omit<ArbitrationInit, 'breaker'>> {
  readonly breaker: { readonly failures: number; readonly restMs: number } | undefined
}

const NUMBERS: Readonly<Record<string, readonly [least: number, most: number, whole: boolean]>> = {
  memoryBytesMax: [0, Infinity, false],
  requestsMax: [1, 1 << 24, true],
  requestsPerTenantMax: [1, Infinity, false],
  decisionsKept: [1, 1 << 24, true],
  halfLifeMs: [1, Number.MAX_SAFE_INTEGER, false],
  tenantsMax: [1, 1 << 20, true],
  flowsMax: [1, 1 << 24, true],
  passedOverMax: [1, 0x7fffffff, true],
}

const KEYS: ReadonlySet<string> = new Set([...Object.keys(NUMBERS), 'weights', 'budgets', 'rates', 'breaker'])

/** The init with its defaults filled in, checked once. @throws SymphonyError `INVALID_ARGUMENT`, `UNKNOWN_KEY` */
export function checkedInit(init: ArbitrationInit): CheckedInit {
  for (const [key, value] of Object.entries(init)) {
    if (!KEYS.has(key)) {
      const message = `"${key}" is not a setting of the arbitration engine; it has ${[...KEYS].join(', ')}.`
      throw new SymphonyError({ code: 'UNKNOWN_KEY', component: COMPONENT, message, details: { key } })
    }
    const limits = NUMBERS[key]
    if (limits !== undefined && value !== undefined) checkNumber(key, value, ...limits)
  }
  const { breaker } = init
  if (breaker !== undefined) {
    checkNumber('breaker.failures', breaker.failures, 1, 1_000_000, true)
    checkNumber('breaker.restMs', breaker.restMs, 1, 86_400_000, false)
  }
  const requestsMax = init.requestsMax ?? 1 << 16
  return Object.freeze({
    weights: init.weights ?? {},
    budgets: init.budgets ?? [],
    rates: init.rates ?? [],
    memoryBytesMax: init.memoryBytesMax ?? Infinity,
    requestsMax,
    requestsPerTenantMax: init.requestsPerTenantMax ?? requestsMax,
    decisionsKept: init.decisionsKept ?? 1 << 14,
    halfLifeMs: init.halfLifeMs ?? 60_000,
    tenantsMax: init.tenantsMax ?? 1 << 14,
    flowsMax: init.flowsMax ?? 1 << 16,
    passedOverMax: init.passedOverMax ?? 100,
    breaker,
  })
}

export function checkNumber(name: string, value: unknown, least: number, most: number, whole: boolean): void {
  if (typeof value === 'number' && value >= least && value <= most && (!whole || Number.isInteger(value))) return
  throw invalid(`"${name}" has to be a ${whole ? 'whole ' : ''}number from ${least} to ${most}, not ${String(value)}.`)
}

export function invalid(message: string): SymphonyError {
  return new SymphonyError({ code: 'INVALID_ARGUMENT', component: COMPONENT, message })
}

export function full(what: string, limit: number, setting: string, details: Readonly<Record<string, Json>> = {}): SymphonyError {
  const message = `All ${limit} ${what} are in use. Wait until some are settled, or raise ${setting}.`
  return new SymphonyError({ code: 'CAPACITY_EXCEEDED', component: COMPONENT, message, details: { limit, setting, ...details } })
}
