import type { Json, Lsn } from './brands.ts'
import type { ComponentName } from './ports.ts'

/** Semantic version of these contracts. A composer refuses a component built against another major. */
export const INTERFACE_VERSION = '0.1.0'

/**
 * What an implementation offers, fixed at construction. Suites run the cases of what is claimed, and check the negative of
 * what is not: a component without search must refuse a search, not answer it wrongly.
 */
export interface Supports {
  /** Hot state lives in a region that other threads may read. */
  readonly sharedRegion: boolean
  /** Durable changes are commands: journaled and replayable. */
  readonly replayable: boolean
  /** Other threads may take part through words made for that. */
  readonly multiThreaded: boolean
  /** Further features by name, as the component's contract defines them. */
  readonly features: Readonly<Record<string, boolean>>
}

/** What every component has in common. `Symbol.toStringTag` is its id in errors and logs, e.g. `@symphony/pool`. */
export interface Component {
  readonly [Symbol.toStringTag]: string
  readonly componentName: ComponentName
  readonly interfaceVersion: string
  readonly supports: Supports
}

/**
 * The phases of a component's life. A composer runs one phase on all components before the next; in each phase a component
 * may assume what is written here. All are optional.
 */
export interface Startable {
  /** Regions are attached, nothing has been recovered. Other components must not be called. */
  beforeStart?(): void | Promise<void>
  /** State is recovered. Begin background work; other components may be read. */
  start?(): void | Promise<void>
  /** Every component has started. Begin to accept and to hand on. */
  afterStart?(): void | Promise<void>
  /** Stop accepting, let what runs end. Others still work. */
  beforeStop?(): void | Promise<void>
  /** Nothing runs any more. Release what is held. */
  stop?(): void | Promise<void>
}

/** What a logged command says, for people who look into a log. */
export interface CommandDescription {
  /** Name of the command in lower case, words joined by `-`: `complete`, `fail`, `put`. */
  readonly name: string
  /** Id of the run it is about, where it is about one and that one is known. */
  readonly run?: string
  /** Id of the task in that run. */
  readonly task?: string
  /** What else it says, by name; times end in `Ms`. Large contents are counted, not told. */
  readonly fields: { readonly [key: string]: Json }
}

/**
 * How another thread makes a replica of a component: something that can `restore`, `applyCommand` and `snapshot` as the component
 * itself does, and nothing else. Functions do not cross to another thread, so it is named: the module to import there, the
 * function to call, and what to call it with.
 *
 * A replica opens no file, takes no lock, logs nothing and needs no function of the program: all it is told is the log.
 *
 * @example
 * const { [source.factory]: create } = await import(source.module)
 * const replica: Recoverable = create(source.init)
 */
export interface ReplicaSource {
  /** URL of an ES module. */
  readonly module: string
  /** The name of its export, a function `(init) => Recoverable`. */
  readonly factory: string
  /** Handed to it as a structured clone. */
  readonly init: Json
}

/**
 * A component whose durable state is a fold of its commands. Recovery is: `restore` the newest checkpoint, `applyCommand` each
 * later record in order, `afterRecovery` once.
 */
export interface Recoverable {
  /**
   * Applies one logged command. Deterministic in (state, command); the same function serves live calls and replay.
   * @throws SymphonyError `LAYOUT_MISMATCH` for a command type it does not know
   */
  applyCommand(type: number, body: Uint8Array, lsn: Lsn): void
  /** The whole durable state as bytes, self-contained, independent of the machine's time and of ephemeral things. */
  snapshot(): Uint8Array
  /** Replaces the state by a snapshot. @throws SymphonyError `LAYOUT_MISMATCH`, `REGION_CORRUPT` */
  restore(snapshot: Uint8Array): void
  /** Everything is replayed: what was in flight goes back to where it can be taken up again. */
  afterRecovery?(): void
  /**
   * Tells what a logged command says, for feature `descriptions`. Called with the state from before the command is applied, which it
   * does not change: rows become the names they have there, and stay numbers in `fields` where they have none. Undefined for a
   * type it does not know and for bytes it cannot read; it never throws.
   *
   * @example
   * journal.replay(({ type, body, lsn }) => {
   *   console.log(lsn, dag.describeCommand?.(type, body)?.name)
   *   dag.applyCommand(type, body, lsn)
   * })
   */
  describeCommand?(type: number, body: Uint8Array): CommandDescription | undefined
  /**
   * Feature `replica`: with it, checkpoints are made from the log by another thread, and however large the state is, this one goes on.
   * Restored from the same snapshot and told the same commands, a replica gives the same snapshot, byte for byte. Undefined without
   * the feature: `snapshot` is called where the component lives then, and holds it up for as long as the copy takes.
   */
  readonly replica?: ReplicaSource | undefined
}

/** How a component feels, with the facts behind it. */
export interface ComponentHealth {
  readonly component: string
  readonly status: 'healthy' | 'degraded' | 'quarantined' | 'closed'
  readonly reasons: readonly string[]
}

/** The last argument of every call that may wait. */
export interface WaitOptions {
  /** Ends the wait; the call rejects with code `ABORTED` and the signal's reason as cause. */
  readonly signal?: AbortSignal
  /** Ends the wait after this time; the call rejects with code `TIMEOUT`. Default: no limit. */
  readonly timeoutMs?: number
}
