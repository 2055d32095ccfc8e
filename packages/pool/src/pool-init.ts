import type { Clock, EventSink, Logger, ModelSpec, Random } from '@symphony/interface'
import type { PoolBackend } from './backend.ts'
import type { PoolRegion } from './layout.ts'
import { INSTANCES_MAX, STUCK_AFTER_MS, WAITERS_MAX } from './limits.ts'
import { poolError } from './pool-error.ts'

/** What a user configures. */
export interface PoolInit {
  /** Registered at once. */
  readonly models?: readonly ModelSpec[]
  /** What all loaded instances may occupy, by their models' `memoryBytes`. Default: no limit. */
  readonly memoryBytesMax?: number
  /** Requests that may wait at once. Default 10,000. */
  readonly waitersMax?: number
  /** Instances of all models together that the region has room for. Default 4,096. */
  readonly instancesMax?: number
  /** How often, once started, idle instances whose runner can tell are asked for their health, ms. Default 0: only after failures. */
  readonly healthEveryMs?: number
  /**
   * An instance that is idle and whose thread does not come to rest for so long is stuck, and replaced, ms. For runners that can tell, in
   * a runtime. A model that computes on after it has answered needs more. Default 750; 0: never.
   */
  readonly stuckAfterMs?: number
  /** Makes the hot path over the region. Default: the TypeScript backend. */
  readonly backend?: (region: PoolRegion) => PoolBackend
}

/** What a composer injects. */
export interface PoolPorts {
  readonly clock?: Clock
  readonly logger?: Logger
  readonly events?: EventSink
  /** Reserved for composers that hand the same ports to every component; nothing here is left to chance. */
  readonly random?: Random
  /** Bytes made by `createPoolRegion`, unused so far. Default: private ones. */
  readonly regionBuffer?: SharedArrayBuffer
}

export type CheckedInit = Required<Omit<PoolInit, 'backend'>> & Pick<PoolInit, 'backend'>

const NUMBERS: Readonly<Record<'memoryBytesMax' | 'waitersMax' | 'instancesMax' | 'healthEveryMs' | 'stuckAfterMs', readonly [least: number, most: number, whole: boolean]>> = {
  memoryBytesMax: [0, Infinity, false],
  waitersMax: [0, 10_000_000, true],
  // A slot's row is gate * 32 + bit and has to stay a 31-bit number.
  instancesMax: [1, 1_000_000, true],
  healthEveryMs: [0, 86_400_000, false],
  stuckAfterMs: [0, 86_400_000, false],
}

/** The init with its defaults filled in, checked once. @throws SymphonyError `INVALID_ARGUMENT`, `UNKNOWN_KEY` */
export function checkedInit(init: PoolInit): CheckedInit {
  const keys = [...Object.keys(NUMBERS), 'models', 'backend']
  for (const [key, value] of Object.entries(init)) {
    if (!keys.includes(key)) throw poolError('UNKNOWN_KEY', `"${key}" is not a setting of the pool; it has ${keys.join(', ')}.`, { key })
    const limits = NUMBERS[key as keyof typeof NUMBERS]
    if (limits === undefined || value === undefined) continue
    checkNumber(key, value, ...limits)
  }
  const { models, memoryBytesMax, waitersMax, instancesMax, healthEveryMs, stuckAfterMs, backend } = init
  if (models !== undefined && !Array.isArray(models)) throw poolError('INVALID_ARGUMENT', '"models" has to be an array of model specifications.')
  if (backend !== undefined && typeof backend !== 'function') throw poolError('INVALID_ARGUMENT', '"backend" has to be a function that makes a backend for a region.')
  return Object.freeze({
    models: models ?? [],
    memoryBytesMax: memoryBytesMax ?? Infinity,
    waitersMax: waitersMax ?? WAITERS_MAX,
    instancesMax: instancesMax ?? INSTANCES_MAX,
    healthEveryMs: healthEveryMs ?? 0,
    stuckAfterMs: stuckAfterMs ?? STUCK_AFTER_MS,
    ...(backend === undefined ? {} : { backend }),
  })
}

/** @throws SymphonyError `INVALID_ARGUMENT` for anything but a number in range */
export function checkNumber(name: string, value: unknown, least: number, most: number, whole: boolean): void {
  if (typeof value === 'number' && value >= least && value <= most && (!whole || Number.isInteger(value))) return
  throw poolError('INVALID_ARGUMENT', `"${name}" has to be a ${whole ? 'whole ' : ''}number from ${least} to ${most}, not ${String(value)}.`, { name })
}
