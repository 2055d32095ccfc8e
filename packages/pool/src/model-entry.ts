import type { ModelNumber, ModelSpec, Runner } from '@symphony/interface'
import { INSTANCES_MAX, LOAD_TIMEOUT_MS, SLOTS_PER_GATE, SLOTS_PER_INSTANCE_MAX } from './limits.ts'
import { checkNumber } from './pool-init.ts'
import { poolError } from './pool-error.ts'
import { WaitLine } from './wait-line.ts'

/** Who waits until so many instances are hot. */
export interface Prewarm {
  readonly instances: number
  resolve(): void
  reject(error: unknown): void
}

/** A registered model: what does not fit into columns. */
export class ModelEntry {
  readonly number: ModelNumber
  readonly id: string
  readonly runner: Runner
  readonly version: string
  readonly instanceFirst: number
  readonly instances: number
  readonly instancesMin: number
  readonly slotsPerInstance: number
  readonly memoryBytes: number
  /** -1: never unloaded for being idle. */
  readonly idleMs: number
  readonly isPinned: boolean
  /** Whether it matters when an instance was used last: to read the clock costs as much as all the rest of giving a slot back. */
  readonly tracksUse: boolean
  readonly loadTimeoutMs: number
  readonly line: WaitLine = new WaitLine()
  /** Slots that requests for several at once wait for, beyond the line. */
  gangSlots = 0
  readonly prewarms: Prewarm[] = []
  hot = 0
  warming = 0
  cooling = 0
  /** Loads that failed and instances that broke, since the last call that worked. */
  failuresInRow = 0
  /** Not before is another load tried. */
  retryAtMs: number = -Infinity
  cancelRetry: (() => void) | undefined
  lastError: unknown = undefined

  constructor(spec: Required<Omit<ModelSpec, 'idleMs'>> & Pick<ModelSpec, 'idleMs'>, number: ModelNumber, instanceFirst: number) {
    this.number = number
    this.id = spec.id
    this.runner = spec.runner
    this.version = spec.version
    this.instanceFirst = instanceFirst
    this.instances = spec.instancesMax
    this.instancesMin = spec.instancesMin
    this.slotsPerInstance = spec.slotsPerInstance
    this.memoryBytes = spec.memoryBytes
    this.idleMs = spec.idleMs ?? -1
    this.isPinned = spec.pinned
    this.tracksUse = spec.idleMs !== undefined || spec.memoryBytes > 0
    this.loadTimeoutMs = spec.loadTimeoutMs
  }

  get gatesPerInstance(): number {
    return Math.ceil(this.slotsPerInstance / SLOTS_PER_GATE)
  }

  get slotsTotal(): number {
    return this.instances * this.slotsPerInstance
  }

  /** Slots asked for beyond those that were given. */
  get waiting(): number {
    return this.line.size + this.gangSlots
  }
}

const DEFAULTS = {
  version: '1',
  instancesMin: 0,
  instancesMax: 1,
  slotsPerInstance: 1,
  memoryBytes: 0,
  pinned: false,
  loadTimeoutMs: LOAD_TIMEOUT_MS,
  costUsdPerCall: 0,
} as const

const NUMBERS: readonly (readonly [key: keyof ModelSpec, least: number, most: number, whole: boolean])[] = [
  ['instancesMin', 0, 1_000_000, true],
  ['instancesMax', 1, 1_000_000, true],
  ['slotsPerInstance', 1, SLOTS_PER_INSTANCE_MAX, true],
  ['memoryBytes', 0, Number.MAX_SAFE_INTEGER, false],
  ['idleMs', 0, Number.MAX_SAFE_INTEGER, false],
  ['loadTimeoutMs', 1, 2 ** 31 - 1, false],
  ['costUsdPerCall', 0, Number.MAX_SAFE_INTEGER, false],
]
const KEYS: readonly string[] = ['id', 'runner', 'version', 'pinned', ...NUMBERS.map(([key]) => key)]

/** A model as registered, with its defaults. @throws SymphonyError `INVALID_ARGUMENT`, `UNKNOWN_KEY`, `CAPACITY_EXCEEDED` */
export function checkedSpec(spec: ModelSpec, memoryBytesMax: number): Required<Omit<ModelSpec, 'idleMs'>> & Pick<ModelSpec, 'idleMs'> {
  if (typeof spec !== 'object' || spec === null || typeof spec.id !== 'string' || spec.id === '') {
    throw poolError('INVALID_ARGUMENT', 'A model needs an "id", a string that is not empty.')
  }
  const unknown = Object.keys(spec).find((key) => !KEYS.includes(key))
  if (unknown !== undefined) throw poolError('UNKNOWN_KEY', `"${unknown}" of model "${spec.id}" is not known; a model has ${KEYS.join(', ')}.`, { key: unknown, model: spec.id })
  if (typeof spec.runner?.load !== 'function') {
    throw poolError('INVALID_ARGUMENT', `Model "${spec.id}" needs a "runner" with a load function; functionRunner and workerThreadRunner of @symphony/models make one.`)
  }
  for (const [key, least, most, whole] of NUMBERS) if (spec[key] !== undefined) checkNumber(key, spec[key], least, most, whole)
  const given = Object.fromEntries(Object.entries(spec).filter(([, value]) => value !== undefined)) as unknown as ModelSpec
  // A model that is to be kept loaded n times may of course be loaded n times.
  const filled = { ...DEFAULTS, instancesMax: Math.max(1, given.instancesMin ?? 0), ...given }
  if (filled.instancesMin > filled.instancesMax) {
    throw poolError('INVALID_ARGUMENT', `Model "${spec.id}" keeps ${filled.instancesMin} instances but may have ${filled.instancesMax}. Raise instancesMax.`)
  }
  if (filled.memoryBytes > memoryBytesMax) {
    throw poolError('CAPACITY_EXCEEDED', `Model "${spec.id}" needs ${filled.memoryBytes} bytes, the whole pool has ${memoryBytesMax}. Raise memoryBytesMax.`, {
      memoryBytes: filled.memoryBytes,
      memoryBytesMax,
    })
  }
  return filled
}

/** What a registration beyond the region's tables is told. */
export function tablesFull(id: string, what: string, needed: number, room: number): Error {
  return poolError('CAPACITY_EXCEEDED', `Model "${id}" needs ${needed} ${what}, ${room} are left of those reserved. Create the pool with a higher instancesMax (default ${INSTANCES_MAX}).`, { needed, room })
}
