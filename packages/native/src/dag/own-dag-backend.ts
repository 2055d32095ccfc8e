/** What a native backend needs to know of a tracker: a slice of its tables. */
export interface DagColumns {
  readonly region: { readonly buffer: SharedArrayBuffer }
  readonly taskRun: Int32Array
  /** Ranges handed out in the way of before they were merged are kept on the heap. */
  readonly ranges: { readonly isMerging: boolean }
  /** Runs that have not begun, by row. */
  readonly held: ReadonlyMap<number, unknown>
  /** Pairs of task row and move. */
  trace: Int32Array
  traceLength: number
  endedRuns: number[]
  readonly doomedLength: number
}

/** A template's columns. */
export interface DagStart {
  readonly taskCount: number
  readonly pending: Int32Array
  readonly slack: Int32Array | undefined
  readonly outStart: Int32Array
  readonly outCount: Int32Array
  readonly flags: Int32Array
  readonly nodes: Int32Array
  readonly timeouts: readonly (readonly [node: number, waitMs: number])[]
}

/** The signature of a tracker's backend; what the functions do is said at `DagBackend` of `@symphony/dag`. */
export interface OwnDagBackend {
  readonly name: string
  attach?(t: DagColumns): void
  detach?(): void
  start(t: DagColumns, columns: DagStart, types: Int32Array, ranks: Float64Array, init: { readonly template: number; readonly tenant: number; readonly priority: number; readonly nowMs: number }): number
  free(t: DagColumns, run: number): void
  take(t: DagColumns, into: Int32Array): number
  begin(t: DagColumns, task: number, token: number, nowMs: number): void
  beginMany(t: DagColumns, tasks: Int32Array, count: number, tokens: Float64Array, token: number, nowMs: number): number
  complete(t: DagColumns, task: number, nowMs: number): void
  completeMany(t: DagColumns, tasks: Int32Array, count: number, nowMs: number): void
  fail(t: DagColumns, task: number, nowMs: number): void
  postpone(t: DagColumns, task: number, dueAtMs: number): void
  wake(t: DagColumns, task: number, nowMs: number): void
  skip(t: DagColumns, task: number, nowMs: number): void
  cancel(t: DagColumns, first: number, count: number, nowMs: number): void
  holds(t: DagColumns, task: number): boolean
}
