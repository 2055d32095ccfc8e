import type { Supports } from '@symphony/interface'

/** One thing an implementation has to get right. Plain data, so that any test runner can run it, and so that toys can be judged. */
export interface Case<T> {
  readonly name: string
  /** Runs only if all of these features are claimed (`sharedRegion`, `replayable`, `multiThreaded`, or a key of `features`). */
  readonly needs?: readonly string[]
  /** Runs only if none of these is claimed: checks that the negative is refused, not answered wrongly. */
  readonly without?: readonly string[]
  run(make: Maker<T>): void | Promise<void>
}

/** Makes a fresh implementation for a case. What is made is disposed of after the case, newest first. */
export type Maker<T> = (options?: Readonly<Record<string, unknown>>) => Promise<Subject<T>>

/** An implementation with the handles on its surroundings that cases need. */
export interface Subject<T> {
  readonly component: T
  readonly surroundings: Readonly<Record<string, unknown>>
  dispose?(): void | Promise<void>
}

export interface Suite<T> {
  readonly component: string
  readonly cases: readonly Case<T>[]
}

/** What an author hands in: how to make one, and what it claims. `skip` needs a reason for every case it names. */
export interface SuiteSetup<T> {
  readonly supports: Supports
  create(options: Readonly<Record<string, unknown>>): Subject<T> | Promise<Subject<T>>
  readonly skip?: Readonly<Record<string, string>>
}

/** The two functions of a test runner the kit uses; vitest, jest, mocha and node:test all fit. */
export interface TestApi {
  describe(name: string, body: () => void): void
  readonly it: ((name: string, body: () => void | Promise<void>) => void) & { skip?(name: string, body: () => void): void }
}

export type Applicability = { readonly run: true } | { readonly run: false; readonly reason: string }

/** Whether a case applies to an implementation, and if not, why not. */
export function applicability<T>(testCase: Case<T>, setup: SuiteSetup<T>): Applicability {
  const claimed = (feature: string): boolean => (setup.supports as unknown as Record<string, unknown>)[feature] === true || setup.supports.features[feature] === true
  const reason = setup.skip?.[testCase.name]
  if (reason !== undefined) return { run: false, reason: `skipped by its author: ${reason}` }
  const missing = testCase.needs?.find((feature) => !claimed(feature))
  if (missing !== undefined) return { run: false, reason: `does not claim "${missing}"` }
  const present = testCase.without?.find(claimed)
  if (present !== undefined) return { run: false, reason: `claims "${present}"` }
  return { run: true }
}

/**
 * Declares a suite with a test runner. Cases that do not apply are declared as skipped with their reason in the name, if
 * the runner can.
 *
 * @example
 * import { describe, it } from 'vitest'
 * declareSuite({ describe, it }, poolSuite, { supports: myPool.supports, create: () => ({ component: myPool(), surroundings: {} }) })
 */
export function declareSuite<T>(api: TestApi, suite: Suite<T>, setup: SuiteSetup<T>): void {
  api.describe(`conformance: ${suite.component}`, () => {
    for (const testCase of suite.cases) {
      const applies = applicability(testCase, setup)
      if (applies.run) api.it(testCase.name, () => runCase(testCase, setup))
      else api.it.skip?.(`${testCase.name} (${applies.reason})`, () => {})
    }
  })
}

export interface CaseOutcome {
  readonly name: string
  readonly outcome: 'passed' | 'failed' | 'not-run'
  readonly reason: string | undefined
}

/** Runs a suite without a test runner and tells the outcome of each case: how deliberately broken toys are judged. */
export async function judge<T>(suite: Suite<T>, setup: SuiteSetup<T>): Promise<readonly CaseOutcome[]> {
  const outcomes: CaseOutcome[] = []
  for (const testCase of suite.cases) {
    const applies = applicability(testCase, setup)
    if (!applies.run) {
      outcomes.push({ name: testCase.name, outcome: 'not-run', reason: applies.reason })
      continue
    }
    try {
      await runCase(testCase, setup)
      outcomes.push({ name: testCase.name, outcome: 'passed', reason: undefined })
    } catch (error) {
      outcomes.push({ name: testCase.name, outcome: 'failed', reason: error instanceof Error ? error.message : String(error) })
    }
  }
  return outcomes
}

async function runCase<T>(testCase: Case<T>, setup: SuiteSetup<T>): Promise<void> {
  const made: Subject<T>[] = []
  try {
    await testCase.run(async (options = {}) => {
      const subject = await setup.create(options)
      made.push(subject)
      return subject
    })
  } finally {
    for (const subject of made.reverse()) await subject.dispose?.()
  }
}
