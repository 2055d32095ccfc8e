import { idOf, isMoreBetter } from './benchmark.ts'
import type { Benchmark, Contestant, Prepared, Unit } from './benchmark.ts'
import { ratioOf, spreadOf } from './statistics.ts'
import type { Spread } from './statistics.ts'

export interface MeasureOptions {
  /** Turns that count. */
  readonly runs: number
  /** How long a turn takes at least, ms; a turn that takes longer is done once. */
  readonly runMs: number
  /** How long each contestant is warmed up, ms. */
  readonly warmupMs: number
  /**
   * How long each goes on after garbage was collected before its turn counts, ms: a collection that is forced leaves the engine with
   * the smallest young generation there is, and it takes a while until that has its usual size again. Not for batches that are
   * longer than a turn.
   */
  readonly settleMs: number
}

export interface PeerResult extends Spread {
  readonly name: string
  /** How many times as good ours is, in the same turns. */
  readonly ratio: Spread
}

export interface Result extends Spread {
  readonly id: string
  readonly group: string
  readonly name: string
  readonly unit: Unit
  readonly bar: number | undefined
  readonly barAgainst: Benchmark['barAgainst']
  /** Undefined without a bar. */
  readonly passed: boolean | undefined
  readonly peers: readonly PeerResult[]
}

/** Time in milliseconds, and a chance to collect garbage between turns. Injected, so that the harness can be tested without either. */
export interface Bench {
  nowMs(): number
  collectGarbage(): void
}

interface Turn {
  readonly operations: number
  readonly elapsedMs: number
  readonly batches: number
}

/** Measures ours and its peers turn about, after a warm-up of each. */
export async function measure(benchmark: Benchmark, options: MeasureOptions, bench: Bench): Promise<Result> {
  const contestants: readonly Contestant[] = [{ name: 'ours', setup: benchmark.setup }, ...(benchmark.peers ?? [])]
  const prepared: Prepared[] = []
  try {
    for (const contestant of contestants) prepared.push(await contestant.setup())
    const isShort: boolean[] = []
    for (const entry of prepared) {
      const { elapsedMs, batches } = await turn(entry, options.warmupMs, bench)
      isShort.push(elapsedMs / batches < options.runMs)
    }
    const values: number[][] = contestants.map(() => [])
    for (let run = 0; run < options.runs; run++) {
      for (const [index, entry] of prepared.entries()) {
        bench.collectGarbage()
        if (options.settleMs > 0 && isShort[index] === true) await turn(entry, options.settleMs, bench)
        values[index]?.push(figureOf(await turn(entry, options.runMs, bench), benchmark.unit))
      }
    }
    return resultOf(benchmark, values.map(spreadOf))
  } finally {
    for (const entry of prepared.reverse()) await entry.dispose?.()
  }
}

/** One turn: batches until the time is up, at least one. Only `run` is on the clock. */
async function turn(prepared: Prepared, forMs: number, bench: Bench): Promise<Turn> {
  let operations = 0
  let elapsedMs = 0
  let batches = 0
  do {
    const preparation = prepared.prepare?.()
    if (preparation !== undefined) await preparation
    const startedAtMs = bench.nowMs()
    const done = prepared.run()
    // An await costs as much as the work of some batches, so only promises are awaited.
    operations += typeof done === 'number' ? done : await done
    elapsedMs += bench.nowMs() - startedAtMs
    batches++
  } while (elapsedMs < forMs)
  return { operations, elapsedMs, batches }
}

function figureOf({ operations, elapsedMs, batches }: Turn, unit: Unit): number {
  if (unit === 'op/s') return operations / (elapsedMs / 1000)
  if (unit === 'µs/op') return (elapsedMs * 1000) / operations
  return operations / batches
}

function resultOf(benchmark: Benchmark, [ours, ...others]: readonly Spread[]): Result {
  const { group, name, unit, bar, barAgainst } = benchmark
  const moreIsBetter = isMoreBetter(unit)
  const spread = ours as Spread
  const peers = (benchmark.peers ?? []).map((peer, index) => {
    const theirs = others[index] as Spread
    return { name: peer.name, ...theirs, ratio: ratioOf(spread, theirs, moreIsBetter) }
  })
  return { id: idOf(benchmark), group, name, unit, ...spread, bar, barAgainst, passed: hasPassed(benchmark, spread, peers), peers }
}

function hasPassed({ bar, barAgainst, unit }: Benchmark, ours: Spread, peers: readonly PeerResult[]): boolean | undefined {
  const checks: boolean[] = []
  if (bar !== undefined) checks.push(isMoreBetter(unit) ? ours.median >= bar : ours.median <= bar)
  if (barAgainst !== undefined) {
    const peer = peers.find(({ name }) => name === barAgainst.peer)
    if (peer === undefined) throw new Error(`${barAgainst.peer} is not among the peers it is compared with`)
    checks.push(peer.ratio.median >= barAgainst.times)
  }
  return checks.length === 0 ? undefined : checks.every(Boolean)
}
