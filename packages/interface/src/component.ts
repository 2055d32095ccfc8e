import type { Json, Lsn } from './brands.ts'
import type { SymphonyError } from './errors.ts'
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
  /**
   * Of a state that a few commands can make large: how many bytes a snapshot would have at least, roughly and without making one. Tells a
   * state that is copied in no time from one that is not.
   */
  snapshotBytes?(): number
}

/**
 * A component that finds out when its own inside has failed, and lets itself be set up anew. Optional: who composes looks whether
 * `onPanic` is there.
 *
 * It panics when a backend throws in the middle of a change, when what must always hold does not, or when it is told to. From then on
 * its health is `quarantined`; every change, and whatever would have to be read of a broken state, throws `BACKEND_PANIC`, or has the
 * fallback that the component states. A change that throws `BACKEND_PANIC` may have been logged: then the rebuilt state has it.
 *
 * It works again after one of two ways, each of them synchronous:
 * - `reattach`: its state needs no log. It repairs what it has, under a backend of its own.
 * - `reset`, `restore`, `applyCommand` for every command of the log, `afterRecovery`: rebuilt, as {@link Recoverable} says. Who follows
 *   its runs or waits for its events goes on doing so; what the rebuilt state has that nobody was told of is told then.
 */
export interface Supervised {
  /** Calls `listener` within the call that panics, before that throws. Returns a function that ends it. */
  onPanic(listener: (error: SymphonyError) => void): () => void
  /**
   * Looks whether what must hold does, at a part of the state: called `parts` times it has looked at everything. Panics when something
   * does not hold. Cheap: a few ns a row, nothing is allocated.
   * @returns what does not hold, undefined while all is well
   */
  checkInvariants(parts: number): string | undefined
  /**
   * The write mark of the region: odd while a change is under way. Between two turns of the thread that writes, and for longer than any
   * change takes in others, it is even, or somebody has died in the middle of a change.
   */
  writeMark?(): number
  /**
   * Called with every look, some ten times a second: for what the component looks after that is no part of its own state, such as whether
   * threads are stuck. Cheap: it disturbs nobody who is well.
   */
  lookAround?(): void
  /** Panics for a reason somebody else has found. */
  quarantine(reason: string): void
  /** Goes on with its own backend over what it has. False when that is not enough. */
  reattach?(): boolean
  /** Forgets all state and any backend but its own, in place: regions stay where they are. */
  reset?(): void
}

/** A component that works on others, and can wait while one of them is being restored. Optional, each call of its own. */
export interface Neighbour {
  /** Begin nothing with it, keep what ends meanwhile. */
  neighbourPanicked?(name: ComponentName, error: SymphonyError): void
  /** It works again. What was in flight with it is taken up or given up; what was kept is handed over. */
  neighbourRestored?(name: ComponentName): void
  /** It will not come back in this process: there is nothing to rebuild it from, or rebuilding fails. */
  neighbourLost?(name: ComponentName, error: SymphonyError): void
}

/** How a component feels, with the facts behind it. */
export interface ComponentHealth {
  readonly component: string
  /**
   * `degraded`: it works, and something does less than it should; the reasons say what. `quarantined`: it failed inside and refuses, until
   * it is restored.
   */
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
