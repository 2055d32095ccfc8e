import type {
  ArbitrationEngine, ArtifactStore, BudgetSpec, Clock, CommandLog, Conductor, DagTracker, Durability, EventSink, FileSystem, Logger, ModelSpec, Policy, PoolManager, Random, RateSpec,
  StaleManager, Turns, WorkflowSpec,
} from '@symphony/interface'
import type { ConductorPorts } from '@symphony/conductor'
import type { BackendChoices } from './backends.ts'

/** What the runtime hands to the factory of every component it composes. */
export interface ComponentPorts {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly turns: Turns
  readonly events: EventSink
  /** Undefined without a state folder: nothing is logged then. */
  readonly log: CommandLog | undefined
  /** Undefined without a state folder: everything is in memory then. */
  readonly folder: string | undefined
  /** The files of the folder: those that were handed in, or the machine's own, which give what is kept in reserve to a write that finds the disk full. */
  readonly fileSystem: FileSystem | undefined
}

/**
 * How a runtime is composed. Plain settings for what most people set; a closure in place of any component for those who bring
 * their own.
 */
export interface RuntimeConfig {
  /** Where state is kept. Without it the runtime lives in memory and forgets everything at the end. */
  readonly folder?: string
  /** Default `group`: what is acknowledged is on the disk. */
  readonly durability?: Durability
  readonly models?: readonly ModelSpec[]
  /** Memory all instances may occupy together, as the models declare it. Default: no limit. */
  readonly modelMemoryBytesMax?: number
  /** Definitions known from the start, so that their runs go on when the state folder is opened. */
  readonly workflows?: readonly WorkflowSpec[]
  readonly policy?: Policy | 'fifo' | 'critical-path' | 'shortest' | 'fair'
  /** Shares of tenants; 1 for those not named. */
  readonly weights?: Readonly<Record<string, number>>
  readonly budgets?: readonly BudgetSpec[]
  readonly rates?: readonly RateSpec[]
  /** Plain functions that may run at once in this thread. Default 1,024. */
  readonly inlineSlots?: number
  /**
   * Which backend components with several of them work with. `SYMPHONY_BACKEND` in the environment says something else, if it is set: it
   * is the switch for those who cannot change the program. Default `ts`.
   */
  readonly backend?: BackendChoices
  /** Memory the artifact cache may hold. Default 64 MiB. */
  readonly cacheBytesMax?: number
  /**
   * Bytes of the largest change the log takes in one piece; what may be larger goes in parts. The log keeps four times as much in
   * memory. Default 1 MiB; at most what fits into a segment of the log, just under 64 MiB.
   */
  readonly recordBytesMax?: number
  /** Events that slow readers may still read, rounded up to a power of two, at least 1,024; each takes 36 bytes. Default 65,536. */
  readonly eventsKept?: number
  /** Size of a file of the log, 4 KiB to 1 GiB. Default 64 MiB, taken from the disk as it fills. */
  readonly segmentBytes?: number
  /** Log bytes after which a checkpoint is written, or as many as the last one had, if those are more. Default 64 MiB. */
  readonly checkpointBytes?: number

  readonly pool?: (ports: ComponentPorts) => PoolManager
  readonly dag?: (ports: ComponentPorts) => DagTracker
  readonly artifacts?: (ports: ComponentPorts) => ArtifactStore
  readonly arbitration?: (ports: ComponentPorts) => ArbitrationEngine
  readonly stale?: (ports: ComponentPorts) => StaleManager
  readonly conductor?: (ports: ConductorPorts) => Conductor

  readonly clock?: Clock
  readonly random?: Random
  readonly logger?: Logger
  readonly turns?: Turns
  /**
   * Where `folder` is, instead of among the machine's files. The log is then written by this thread, at the end of its turns, since another
   * thread cannot use the object; and the folder is locked against this process only.
   */
  readonly fileSystem?: FileSystem
}
