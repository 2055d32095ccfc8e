import type { Lsn } from './brands.ts'

/**
 * Where time comes from. Components never ask the system: a virtual clock makes a 90-day workflow run in milliseconds, and
 * a recorded one makes a run repeatable.
 */
export interface Clock {
  /**
   * Milliseconds since 1970 (UTC), possibly with a fraction. May jump either way: people set clocks. For records people read, and for waits
   * until a time and for a time that outlast a process.
   */
  nowMs(): number
  /** Milliseconds from an arbitrary start; never goes back. For durations and deadlines. */
  monotonicMs(): number
  /**
   * Until `release`, time may stand still: what happens meanwhile happens at one moment, and the clock is asked once. Only around
   * synchronous work of the kernel's own, never around foreign code. Not nested; a clock need not offer it.
   */
  hold?(): void
  /** @returns whether it was held */
  release?(): boolean
  /** Calls `run` once, no earlier than `delayMs` from now. Returns a function that prevents it. */
  schedule(delayMs: number, run: () => void): () => void
}

/** Hands the thread back between two slices of work, so that timers and input/output are served. */
export interface Turns {
  /** Calls `run` once, in a later turn of the event loop. Keeps the process alive until then. */
  later(run: () => void): void
  /**
   * Calls `run` about every `periodMs` of real time, whenever the event loop comes round to it. Does not keep the process alive. With
   * turns that do not offer it, nobody notices that a task holds the thread after it has awaited something, or that the wall's clock was
   * set while something waits for a time.
   */
  every?(periodMs: number, run: () => void): Heartbeat
}

/** A call that comes again and again. */
export interface Heartbeat {
  /** For how long the next call has been due, ms; 0 or less while it is not. Long when the thread was held. */
  lateMs(): number
  stop(): void
}

/** Where chance comes from: numbers in [0, 1). Seeded everywhere but at the outermost composition. */
export interface Random {
  next(): number
}

/** Where messages for people go. Shaped like the common structured loggers. */
export interface Logger {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void
  info(message: string, fields?: Readonly<Record<string, unknown>>): void
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void
  error(message: string, fields?: Readonly<Record<string, unknown>>): void
}

/** What a file is, as far as the kernel needs to know. */
export interface FileStat {
  readonly sizeBytes: number
  readonly mtimeMs: number
  readonly isFile: boolean
  readonly isDirectory: boolean
}

/**
 * The synchronous slice of a file system that journal and artifact store are written against. Every call either does all of
 * what it says or throws a `SymphonyError` with code `STORAGE_FULL`, `STORAGE_READ_ONLY`, `STORAGE_FAILED` or `NOT_FOUND`.
 * A short write is not success: `write` loops until all bytes are taken.
 */
export interface FileSystem {
  /** `r` reads, `r+` reads and writes an existing file, `wx+` creates and refuses an existing one. */
  open(path: string, mode: 'r' | 'r+' | 'wx+'): number
  close(file: number): void
  /** Returns the number of bytes read; fewer than asked only at the end of the file. */
  read(file: number, into: Uint8Array, position: number): number
  write(file: number, bytes: Uint8Array, position: number): void
  /** Forces content (not times) to the device. A failure means the content may be lost: never retry on the same file. */
  syncData(file: number): void
  /** Forces a folder's entries to the device, so that a created or renamed file survives a power cut. */
  syncFolder(path: string): void
  truncate(file: number, sizeBytes: number): void
  rename(from: string, to: string): void
  remove(path: string): void
  makeFolder(path: string): void
  list(path: string): readonly string[]
  /** Undefined when there is nothing at that path. */
  stat(path: string): FileStat | undefined
}

/** Numbers of the components that own commands and events, fixed for ever: they are written into logs. */
export const COMPONENT_IDS = { runtime: 0, dag: 1, artifacts: 2, arbitration: 3, pool: 4, stale: 5, conductor: 6 } as const
export type ComponentName = keyof typeof COMPONENT_IDS
export type ComponentId = (typeof COMPONENT_IDS)[ComponentName]

/**
 * Where durable changes are written down before they are applied. A component builds the command, appends it, then applies it
 * to its region by the same function that replay uses.
 *
 * The default port logs nothing and answers at once, so a component works alone, in memory.
 */
export interface CommandLog {
  /**
   * Logs one command of a component and returns the number of the record it went into. Never waits. The bytes are copied.
   * @throws SymphonyError `JOURNAL_POISONED` after a failed write, `JOURNAL_RECORD_TOO_LARGE`, `CLOSED`
   */
  append(component: ComponentId, type: number, body: Uint8Array): Lsn
  /**
   * Runs a synchronous change; every command appended meanwhile joins one record, which survives whole or not at all.
   * Nested calls join the outermost one. If `change` throws, the commands appended so far are still logged, because they
   * have been applied: validate before the first append.
   */
  transact<T>(change: () => T): T
  /** Resolves when everything up to `lsn` is on the device; at once when it already is. */
  durable(lsn: Lsn): Promise<void>
  /**
   * Makes the next group commit force the content of this open file first: records may then refer to what was written to it.
   *
   * @param write writes the content, for a caller who collects it. It is called no later than the first record appended after this
   * call leaves the caller's thread, and once for many calls that named the same function. What it throws ends the log as a failed
   * write of its own would: those records were applied, and what they refer to is not there.
   */
  syncBefore(file: number, write?: () => void): void
  readonly lastLsn: Lsn
  readonly durableLsn: Lsn
}

/**
 * Where components tell what happened: one ring in shared memory, many readers with their own cursors. Publishing costs
 * nanoseconds and never waits; a reader that is too slow loses the oldest events and is told how many.
 */
export interface EventSink {
  /** @param type one of `EVENTS`; @param subject the row it happened to; @param a, b meaning depends on the type */
  publish(type: number, subject: number, a: number, b: number): void
  /** Many events follow: until `show`, readers may see them a little late, so that each of them costs less. Nested: each hold has its show. */
  hold?(): void
  show?(): void
}

/** One event as a reader sees it. `atMs` is the writer's time of the batch, in the clock's `nowMs`. */
export interface EventRecord {
  readonly sequence: number
  readonly type: number
  readonly subject: number
  readonly a: number
  readonly b: number
  readonly atMs: number
}
