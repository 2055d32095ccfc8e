import type { Machine } from './machine.ts'
import type { Result } from './measure.ts'
import type { Spread } from './statistics.ts'

/** What `--json` prints and `--save` writes. */
export interface Report {
  readonly format: 1
  readonly machine: Machine
  readonly runs: number
  readonly quick: boolean
  readonly results: readonly Result[]
  /** Suites or benchmarks that failed: they have no figure, which is not the same as a bad one. */
  readonly failures: readonly { readonly id: string; readonly message: string }[]
}

/** Four significant digits with a unit people read: 1.234 M, 56.70 k, 0.0123. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return String(value)
  const size = Math.abs(value)
  if (size >= 999_950) return `${digits(value / 1e6)} M`
  if (size >= 9_999.5) return `${digits(value / 1e3)} k`
  return digits(value)
}

function digits(value: number): string {
  return value === 0 ? '0' : Math.abs(value) >= 9_999.5 ? value.toFixed(0) : String(Number(value.toPrecision(4)))
}

export function formatSpread(spread: Spread): string {
  return `${formatNumber(spread.median)} (${formatNumber(spread.min)} .. ${formatNumber(spread.max)})`
}

/** 1.42x (1.30 .. 1.61), 16,230x (...): a ratio is read as a whole, so it has no k or M. */
export function formatRatio(ratio: Spread): string {
  return `${times(ratio.median)}x (${times(ratio.min)} .. ${times(ratio.max)})`
}

function times(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3)
}

/** One benchmark as lines of text: ours with its bar, then each peer with the ratio. */
export function formatResult(result: Result): string {
  const lines = [`  ${result.name}`, `    ${'ours'.padEnd(28)} ${formatSpread(result)} ${result.unit}${formatBar(result)}`]
  for (const peer of result.peers) {
    lines.push(`    ${peer.name.padEnd(28)} ${formatSpread(peer)} ${result.unit}; ours is ${formatRatio(peer.ratio)}`)
  }
  return lines.join('\n')
}

function formatBar({ bar, barAgainst, passed, unit }: Result): string {
  if (passed === undefined) return ''
  const parts: string[] = []
  if (bar !== undefined) parts.push(`${unit === 'op/s' ? '>=' : '<='} ${formatNumber(bar)} ${unit}`)
  if (barAgainst !== undefined) parts.push(`>= ${barAgainst.times}x ${barAgainst.peer}`)
  return `  [bar ${parts.join(' and ')}: ${passed ? 'passed' : 'MISSED'}]`
}

/** The last lines: how many bars were passed, and which were not. */
export function formatSummary(report: Report): string {
  const judged = report.results.filter((result) => result.passed !== undefined)
  const missed = judged.filter((result) => result.passed === false)
  const lines = [`${report.results.length} measured, ${judged.length - missed.length} of ${judged.length} bars passed`]
  for (const result of missed) lines.push(`  missed: ${result.id}: ${formatNumber(result.median)} ${result.unit}`)
  for (const failure of report.failures) lines.push(`  failed: ${failure.id}: ${failure.message}`)
  return lines.join('\n')
}
