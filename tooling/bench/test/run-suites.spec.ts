import { describe, expect, it } from 'vitest'
import type { Benchmark, Group } from '../src/benchmark.ts'
import { readCommandLine } from '../src/command-line.ts'
import { pair } from '../src/compare-commits.ts'
import type { Bench, Result } from '../src/measure.ts'
import { formatNumber, formatRatio, formatResult, formatSummary } from '../src/report.ts'
import type { Report } from '../src/report.ts'
import { runGroups } from '../src/run-groups.ts'
import { runSuites } from '../src/run-suites.ts'
import { ALL_SUITES } from '../src/suites/all-suites.ts'
import type { Suite } from '../src/suites/all-suites.ts'
import { spreadOf } from '../src/statistics.ts'

const bench = (): Bench => {
  let now = 0
  return { nowMs: () => (now += 500), collectGarbage() {} }
}
const benchmark = (name: string, more: Partial<Benchmark> = {}): Benchmark => ({ group: 'Pool', name, unit: 'op/s', setup: () => ({ run: () => 1000 }), ...more })
const suiteOf = (...benchmarks: readonly Benchmark[]): Suite => ({ group: 'Pool', load: () => Promise.resolve({ benchmarks }) })
const run = (suites: readonly Suite[], ...argv: readonly string[]): Promise<Report> => runSuites(suites, readCommandLine(argv), bench(), () => {})

describe('groups apart', () => {
  it('are measured one after the other, each by itself; one that breaks keeps no other from it', async () => {
    const asked: string[] = []
    const told: string[] = []
    const measureGroup = async (group: Group): Promise<Report> => {
      asked.push(group)
      if (group === 'DAG') throw new Error('the process died')
      return run([suiteOf(benchmark(`of ${group}`))], '--quick')
    }
    const report = await runGroups(['Pool', 'DAG', 'Stale'], readCommandLine(['--quick']), ({ name }) => void told.push(name), measureGroup)
    expect(asked).toEqual(['Pool', 'DAG', 'Stale'])
    expect(told).toEqual(['of Pool', 'of Stale'])
    expect(report).toMatchObject({ quick: true, runs: 3, results: [{ name: 'of Pool' }, { name: 'of Stale' }], failures: [{ id: 'DAG', message: 'the process died' }] })
  })
})

describe('a report', () => {
  it('is plain JSON of one shape', async () => {
    const peer = { name: 'peer', setup: () => ({ run: () => 500 }) }
    const report = await run([suiteOf(benchmark('a', { bar: 1000, peers: [peer] }))], '--runs', '2')
    const spread = { median: 2000, min: 2000, max: 2000, values: [2000, 2000] }
    const ratio = { median: 2, min: 2, max: 2, values: [2, 2] }
    expect(JSON.parse(JSON.stringify(report))).toEqual({
      format: 1,
      machine: { cpu: expect.any(String), cores: expect.any(Number), memoryGiB: expect.any(Number), system: expect.any(String), node: process.versions.node, loadAverage: expect.any(Number) },
      runs: 2,
      quick: false,
      results: [
        { id: 'Pool: a', group: 'Pool', name: 'a', unit: 'op/s', ...spread, bar: 1000, passed: true, peers: [{ name: 'peer', median: 1000, min: 1000, max: 1000, values: [1000, 1000], ratio }] },
      ],
      failures: [],
    })
  })

  it('tells a benchmark or suite that failed from one that was slow, and goes on', async () => {
    const broken = benchmark('broken', { setup: () => Promise.reject(new Error('no such table')) })
    const unloadable: Suite = { group: 'DAG', load: () => Promise.reject(new Error('no such package')) }
    const report = await run([unloadable, suiteOf(broken, benchmark('fine'))])
    expect(report.results.map((result) => result.name)).toEqual(['fine'])
    expect(report.failures).toEqual([
      { id: 'DAG', message: 'no such package' },
      { id: 'Pool: broken', message: 'no such table' },
    ])
    expect(formatSummary(report)).toContain('failed: Pool: broken: no such table')
  })

  it('measures what the filter names, and loads no other suite if it names a group', async () => {
    const never: Suite = { group: 'DAG', load: () => Promise.reject(new Error('loaded without need')) }
    expect((await run([never, suiteOf(benchmark('a'), benchmark('b'))], 'pool: b')).results.map((result) => result.name)).toEqual(['b'])
    expect((await run([never, suiteOf(benchmark('a'))], 'po')).failures).toEqual([])
    expect((await run([never, suiteOf(benchmark('a pool'))], 'a pool')).failures).toHaveLength(1)
  })

  it('reads well', async () => {
    const peer = { name: 'peer', setup: () => ({ run: () => 500 }) }
    const report = await run([suiteOf(benchmark('a', { bar: 3000, peers: [peer] }))])
    expect(formatResult(report.results[0] as Result)).toBe(
      [
        '  a',
        '    ours                         2000 (2000 .. 2000) op/s  [bar >= 3000 op/s: MISSED]',
        '    peer                         1000 (1000 .. 1000) op/s; ours is 2.00x (2.00 .. 2.00)',
      ].join('\n'),
    )
    expect(formatSummary(report)).toContain('0 of 1 bars passed')
    expect([1_234_567, 12_345, 9_999, 1.23456, 0.0123456, 0].map(formatNumber)).toEqual(['1.235 M', '12.35 k', '9999', '1.235', '0.01235', '0'])
    expect(formatRatio(spreadOf([16_234.4, 1.2345, 130_000]))).toBe('16,234x (1.23 .. 130,000)')
  })
})

describe('a comparison of two commits', () => {
  const reportOf = (median: number, id = 'Pool: a'): Report => {
    const result = { id, group: 'Pool', name: 'a', unit: 'op/s', ...spreadOf([median]), bar: undefined, barAgainst: undefined, passed: undefined, peers: [] } as const
    return { format: 1, machine: { cpu: '', cores: 1, memoryGiB: 1, system: '', node: '', loadAverage: 0 }, runs: 1, quick: true, results: [result], failures: [] }
  }

  it('pairs turn by turn', () => {
    const [comparison] = pair([reportOf(100), reportOf(10)], [reportOf(200), reportOf(20)])
    expect(comparison).toMatchObject({ id: 'Pool: a', base: { median: 55 }, head: { median: 110 }, ratio: { median: 2, min: 2, max: 2 } })
  })

  it('has no ratio for what one side does not have', () => {
    const comparisons = pair([reportOf(100, 'Pool: old')], [reportOf(100, 'Pool: new')])
    expect(comparisons.map(({ id, ratio }) => [id, ratio])).toEqual([
      ['Pool: new', undefined],
      ['Pool: old', undefined],
    ])
  })
})

describe('the suites', () => {
  it('name every benchmark once, in their own group', async () => {
    const seen = new Set<string>()
    for (const suite of ALL_SUITES) {
      for (const entry of (await suite.load()).benchmarks) {
        expect(entry.group).toBe(suite.group)
        expect(seen).not.toContain(`${entry.group}: ${entry.name}`)
        seen.add(`${entry.group}: ${entry.name}`)
      }
    }
    expect(seen.size).toBeGreaterThan(0)
  })
})
