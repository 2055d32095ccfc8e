import * as v from 'valibot'

const positive = v.pipe(v.number(), v.minValue(0, 'must not be negative'))
const count = v.pipe(v.number(), v.integer('must be a whole number'), v.minValue(1, 'must be at least 1'))

/** What a `symphony.config` file may say. Unknown keys are errors: a misspelt setting that is silently ignored is worse than none. */
export const configSchema: v.GenericSchema<HostConfig> = v.strictObject({
  state: v.optional(v.string()),
  durability: v.optional(v.picklist(['group', 'sync', 'none'])),
  policy: v.optional(v.picklist(['fifo', 'critical-path', 'shortest', 'fair'])),
  modelMemoryBytesMax: v.optional(positive),
  cacheBytesMax: v.optional(positive),
  checkpointBytes: v.optional(positive),
  inlineSlots: v.optional(count),
  weights: v.optional(v.record(v.string(), positive)),
  budgets: v.optional(v.array(v.strictObject({ tenant: v.string(), limitUsd: positive, windowMs: v.optional(positive) }))),
  rates: v.optional(v.array(v.strictObject({ tenant: v.string(), callsPerSecond: positive, burst: v.optional(positive) }))),
}) as v.GenericSchema<HostConfig>

/** Settings of the host. Every one has a default; an empty file is a valid configuration. */
export interface HostConfig {
  /** Folder for all state. Default `.symphony` in the current folder. */
  readonly state?: string
  readonly durability?: 'group' | 'sync' | 'none'
  readonly policy?: 'fifo' | 'critical-path' | 'shortest' | 'fair'
  readonly modelMemoryBytesMax?: number
  readonly cacheBytesMax?: number
  readonly checkpointBytes?: number
  readonly inlineSlots?: number
  readonly weights?: Readonly<Record<string, number>>
  readonly budgets?: readonly { readonly tenant: string; readonly limitUsd: number; readonly windowMs?: number }[]
  readonly rates?: readonly { readonly tenant: string; readonly callsPerSecond: number; readonly burst?: number }[]
}

/** Types a configuration for editors; returns it as it is. */
export function defineConfig(config: HostConfig): HostConfig {
  return config
}
