/** The groups of docs: each has a file of its own in `suites`. */
export const GROUPS = ['Pool', 'DAG', 'End to end', 'Artifacts', 'Arbitration', 'Stale', 'Journal', 'In-process', 'Process', 'Shared memory', 'Native'] as const
export type Group = (typeof GROUPS)[number]

/**
 * What a figure is.
 * - `op/s`: operations a second; more is better.
 * - `µs/op`: time of one operation; less is better.
 * - `ms`, `MB`, `ns`: what `run` returns, as it is; less is better.
 */
export type Unit = 'op/s' | 'µs/op' | 'ms' | 'MB' | 'ns'

/** Something ready to be measured. What was made for it is made once; what each run needs anew is made by `prepare`. */
export interface Prepared {
  /** Does a batch of work and returns how many operations it was; for `ms`, `MB` and `ns`, the figure itself. Long enough that two clock readings do not matter. */
  run(): number | Promise<number>
  /** Before each `run`, outside of the measured time. */
  prepare?(): void | Promise<void>
  dispose?(): void | Promise<void>
}

/** Whoever does the work: ours, a peer, or a bound (the least that has to be done in any case). */
export interface Contestant {
  readonly name: string
  setup(): Prepared | Promise<Prepared>
}

export interface Benchmark {
  readonly group: Group
  /** What is done, in words that stay the same: results are compared by it. */
  readonly name: string
  readonly unit: Unit
  /** Ours. */
  readonly setup: Contestant['setup']
  /** The floor to pass, in `unit`. */
  readonly bar?: number
  /** A floor relative to a peer of the same run: ours has to be so many times as good. */
  readonly barAgainst?: { readonly peer: string; readonly times: number }
  /** Measured in the same run, turn about with ours. */
  readonly peers?: readonly Contestant[]
}

/** A benchmark is known by this. */
export function idOf(benchmark: { readonly group: string; readonly name: string }): string {
  return `${benchmark.group}: ${benchmark.name}`
}

export function isMoreBetter(unit: Unit): boolean {
  return unit === 'op/s'
}
