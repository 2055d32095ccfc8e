import { fileURLToPath } from 'node:url'

/** What a suite's module exports. */
export interface SimulationSuite {
  readonly name: string
  /** Tells the story of one seed; the same seed is the same story. Resolves with what happened how often, rejects with what must not happen. */
  runSeed(seed: number): Promise<Readonly<Record<string, number>>>
}

/** Where a suite lives. It is loaded by the threads that run it. */
export interface SuitePlace {
  readonly name: string
  /** Path from the root of the repository. */
  readonly module: string
}

/** All there are: a line for each. */
export const SUITES: readonly SuitePlace[] = [
  { name: 'journal', module: 'packages/journal/test/simulation/suite.ts' },
  { name: 'kernel', module: 'packages/runtime/test/simulation/suite.ts' },
]

export function urlOf({ module }: SuitePlace): string {
  return new URL(`../../../${module}`, import.meta.url).href
}

/** The thread that runs them. */
export const THREAD: string = fileURLToPath(new URL('./seeds-thread.ts', import.meta.url))
