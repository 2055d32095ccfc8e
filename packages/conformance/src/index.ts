/**
 * What has to hold for a component to take the place of ours: one suite for each, plain data that any test runner can run,
 * gated by what an implementation claims in its `supports`.
 *
 * @packageDocumentation
 */
export { applicability, declareSuite, judge } from './suite.ts'
export type { Applicability, Case, CaseOutcome, Maker, Subject, Suite, SuiteSetup, TestApi } from './suite.ts'
export { equal, fails, ok, rejects, same } from './expectations.ts'
export { arbitrationSuite } from './arbitration-suite.ts'
export { artifactsSuite } from './artifacts-suite.ts'
export { conductorSuite } from './conductor-suite.ts'
export type { ConductorSurroundings } from './conductor-stage.ts'
export { dagSuite } from './dag-suite.ts'
export { journalSuite } from './journal-suite.ts'
export type { JournalSurroundings } from './journal-stage.ts'
export { poolSuite } from './pool-suite.ts'
export { staleSuite } from './stale-suite.ts'
