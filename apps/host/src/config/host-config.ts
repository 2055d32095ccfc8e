import type { BackendChoices } from '@symphony/runtime'

/** Settings of the host. Every one has a default; an empty file is a valid configuration. */
export interface HostConfig {
  /** Folder for all state. Default `.symphony` in the current folder. */
  readonly state?: string
  readonly durability?: 'group' | 'sync' | 'none'
  /** Which backend components with several of them work with; default `ts`. */
  readonly backend?: BackendChoices
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
