import { describe, expect, it } from 'vitest'
import type { Benchmark, Prepared, Unit } from '../src/benchmark.ts'
import { measure } from '../src/measure.ts'
import type { Bench } from '../src/measure.ts'

/** A clock that only the work of a benchmark moves. */
function virtualBench(): Bench & { advance(ms: number): void; collected: number } {
  let now = 0
  return {
    collected: 0,
    nowMs: () => now,
    advance(ms) {
      now += ms
    },
    collectGarbage() {
      this.collected++
    },
  }
}

const options = { runs: 3, runMs: 10, warmupMs: 5, settleMs: 0 }

function taking(bench: { advance(ms: number): void }, ms: number, operations: number, log: string[] = [], name = 'ours'): Prepared {
  return {
    prepare: () => bench.advance(1000),
    run() {
      log.push(name)
      bench.advance(ms)
      return operations
    },
    dispose: () => void log.push(`${name} gone`),
  }
}

const benchmark = (setup: Benchmark['setup'], more: Partial<Benchmark> = {}): Benchmark => ({ group: 'Pool', name: 'x', unit: 'op/s', setup, ...more })

describe('measure', () => {
  it.each<[Unit, number]>([
    ['op/s', 1000],
    ['µs/op', 1000],
    ['ms', 5],
  ])('computes %s from what ran, not from what prepared', async (unit, expected) => {
    const bench = virtualBench()
    const result = await measure(benchmark(() => taking(bench, 5, 5), { unit }), options, bench)
    expect(result).toMatchObject({ id: 'Pool: x', unit, median: expected, min: expected, max: expected, passed: undefined })
    expect(result.values).toHaveLength(3)
  })

  it('repeats short batches until the turn is long enough, and long ones not at all', async () => {
    const bench = virtualBench()
    const log: string[] = []
    await measure(benchmark(() => taking(bench, 4, 1, log)), { runs: 1, runMs: 10, warmupMs: 0, settleMs: 0 }, bench)
    expect(log).toEqual(['ours', 'ours', 'ours', 'ours', 'ours gone'])
    log.length = 0
    await measure(benchmark(() => taking(bench, 400, 1, log)), { runs: 1, runMs: 10, warmupMs: 0, settleMs: 0 }, bench)
    expect(log).toEqual(['ours', 'ours', 'ours gone'])
  })

  it('runs peers turn about, collects garbage before each turn, and disposes newest first', async () => {
    const bench = virtualBench()
    const log: string[] = []
    const peer = { name: 'peer', setup: () => taking(bench, 20, 1, log, 'peer') }
    const result = await measure(benchmark(() => taking(bench, 10, 1, log), { peers: [peer] }), { runs: 2, runMs: 10, warmupMs: 1, settleMs: 0 }, bench)
    expect(log).toEqual(['ours', 'peer', 'ours', 'peer', 'ours', 'peer', 'peer gone', 'ours gone'])
    expect(bench.collected).toBe(4)
    expect(result.peers).toMatchObject([{ name: 'peer', median: 50, ratio: { median: 2, values: [2, 2] } }])
  })

  it('lets short batches go on for a while after garbage was collected, off the clock', async () => {
    const bench = virtualBench()
    const log: string[] = []
    await measure(benchmark(() => taking(bench, 4, 1, log)), { runs: 2, runMs: 10, warmupMs: 0, settleMs: 8 }, bench)
    // Once to warm up, then twice two that do not count and three that do.
    expect(log).toHaveLength(1 + 2 * (2 + 3) + 1)
    log.length = 0
    await measure(benchmark(() => taking(bench, 40, 1, log)), { runs: 2, runMs: 10, warmupMs: 0, settleMs: 8 }, bench)
    expect(log).toHaveLength(1 + 2 + 1)
  })

  it('awaits what is asynchronous', async () => {
    const bench = virtualBench()
    const setup = async (): Promise<Prepared> => ({ run: async () => (bench.advance(10), 20) })
    expect((await measure(benchmark(setup), options, bench)).median).toBe(2000)
  })

  it('disposes also after a failure', async () => {
    const log: string[] = []
    const setup = (): Prepared => ({ run: () => Promise.reject(new Error('broken')), dispose: () => void log.push('gone') })
    await expect(measure(benchmark(setup), options, virtualBench())).rejects.toThrow('broken')
    expect(log).toEqual(['gone'])
  })
})

describe('a bar', () => {
  const passed = async (more: Partial<Benchmark>): Promise<boolean | undefined> => {
    const bench = virtualBench()
    const peer = { name: 'peer', setup: () => taking(bench, 20, 20) }
    return (await measure(benchmark(() => taking(bench, 10, 20), { peers: [peer], ...more }), options, bench)).passed
  }

  it('is a floor for rates and a ceiling for times', async () => {
    expect(await passed({ bar: 2000 })).toBe(true)
    expect(await passed({ bar: 2001 })).toBe(false)
    expect(await passed({ unit: 'µs/op', bar: 500 })).toBe(true)
    expect(await passed({ unit: 'µs/op', bar: 499 })).toBe(false)
  })

  it('may be relative to a peer of the same run, and both have to hold', async () => {
    expect(await passed({ barAgainst: { peer: 'peer', times: 2 } })).toBe(true)
    expect(await passed({ barAgainst: { peer: 'peer', times: 2.1 } })).toBe(false)
    expect(await passed({ bar: 3000, barAgainst: { peer: 'peer', times: 2 } })).toBe(false)
    await expect(passed({ barAgainst: { peer: 'nobody', times: 1 } })).rejects.toThrow('not among the peers')
  })
})
