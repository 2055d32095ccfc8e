import * as v from 'valibot'
import type { HostConfig } from './host-config.ts'

const positive = v.pipe(v.number(), v.minValue(0, 'must not be negative'))
const count = v.pipe(v.number(), v.integer('must be a whole number'), v.minValue(1, 'must be at least 1'))

const choice = v.picklist(['auto', 'ts', 'native'])

/** What a `symphony.config` file may say. Unknown keys are errors: a misspelt setting that is silently ignored is worse than none. */
export const configSchema: v.GenericSchema<HostConfig> = v.strictObject({
  state: v.optional(v.string()),
  durability: v.optional(v.picklist(['group', 'sync', 'none'])),
  backend: v.optional(v.union([choice, v.strictObject({ dag: v.optional(choice) })])),
  policy: v.optional(v.picklist(['fifo', 'critical-path', 'shortest', 'fair'])),
  modelMemoryBytesMax: v.optional(positive),
  cacheBytesMax: v.optional(positive),
  checkpointBytes: v.optional(positive),
  inlineSlots: v.optional(count),
  weights: v.optional(v.record(v.string(), positive)),
  budgets: v.optional(v.array(v.strictObject({ tenant: v.string(), limitUsd: positive, windowMs: v.optional(positive) }))),
  rates: v.optional(v.array(v.strictObject({ tenant: v.string(), callsPerSecond: positive, burst: v.optional(positive) }))),
}) as v.GenericSchema<HostConfig>
