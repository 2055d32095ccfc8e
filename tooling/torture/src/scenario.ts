import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Random } from '@symphony/interface'
import { seededRandom } from '@symphony/ports'
import type { Need } from './machine.ts'

/** One attack, over and over: with the same seed the same attack, as far as a real machine allows. */
export interface Scenario {
  readonly name: string
  /** What is done to whom, in a line. */
  readonly what: string
  /** What the machine has to offer; a scenario that finds something missing is left out, in a line. */
  readonly needs: readonly Need[]
  /** Cycles that belong to every change. */
  readonly cycles: number
  /** @throws when a promise was broken */
  run(cycle: Cycle): Promise<void>
}

/** What one cycle works with. */
export interface Cycle {
  /** A sweep takes it for the place it strikes at; everything else draws from `random`. */
  readonly seed: number
  readonly random: Random
  /** Empty, and gone afterwards. */
  readonly folder: string
  /** Counts what was really done: a cycle in which nothing happened proves nothing. */
  count(kind: string, times?: number): void
}

/** How often what was done, over all cycles. */
export type Counts = Map<string, number>

/** Runs one cycle in a folder of its own. */
export async function runCycle(scenario: Scenario, seed: number, counts: Counts): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), `symphony-${scenario.name}-`))
  const count = (kind: string, times = 1): void => void counts.set(kind, (counts.get(kind) ?? 0) + times)
  try {
    await scenario.run({ seed, random: seededRandom(seed * 7919), folder, count })
  } catch (cause) {
    throw new Error(`${scenario.name}, seed ${seed}: ${describe(cause)}\n  again: npm run torture -- ${scenario.name} --seed ${seed} --cycles 1`, { cause })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function describe(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown)
  const code = (thrown as { readonly code?: unknown }).code
  return typeof code === 'string' ? `${code}: ${thrown.message}` : thrown.message
}

/** A whole number from `min` to `max`, both included. */
export function between(random: Random, min: number, max: number): number {
  return min + Math.floor(random.next() * (max - min + 1))
}

export function oneOf<T>(random: Random, choices: readonly T[]): T {
  return choices[Math.floor(random.next() * choices.length)] as T
}

/** `3 a, 1 b`: for people. */
export function tally(counts: Counts): string {
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([kind, times]) => `${times.toLocaleString('en')} ${kind}`).join(', ')
}
