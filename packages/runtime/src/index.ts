/**
 * The whole of Symphony in one process: composes the Conductor and the five components of the Pit over one journal, recovers
 * them from the state folder, starts and stops them in order.
 *
 * @packageDocumentation
 */
import type { Runtime } from '@symphony/interface'
import type { RuntimeConfig } from './runtime-config.ts'

export { parseBackends } from './backends.ts'
export type { BackendChoice, BackendChoices } from './backends.ts'
export { measureRuntime } from './metrics.ts'
export { healthStory } from './health-story.ts'
export type { MetricsOptions, MetricsSource } from './metrics.ts'
export type { BatchCallback, InstrumentOptions, Meter, MeterAttributes, ObservableFigure } from './meter.ts'
export { readState } from './read-state.ts'
export type { StateView } from './read-state.ts'
export { examineState, forkStoredRun, inspectLog, planStateSalvage, readLogEntries, readMachine, rehearseRecovery, salvageState, verifyArtifacts } from './tools.ts'
export type { StoredForkOptions } from './tools/fork-stored.ts'
export type { ArtifactsReport, CommandFigure, CorruptArtifact, LogReport } from './tools/inspect-state.ts'
export type { LogEntries, LogEntry } from './tools/log-entries.ts'
export type { Machine } from './tools/machine.ts'
export type { RecoveryRehearsal, RunRehearsal, TaskAgain } from './tools/rehearsal.ts'
export type { RunGivenUp, StateSalvagePlan } from './tools/salvage-state.ts'
export type { StateCheck } from './tools/state-check.ts'
export { traceRuns } from './telemetry.ts'
export type { TraceOptions, TraceSource } from './telemetry.ts'
export type { TraceAttributes, TraceContext, Tracer, TraceSpan, TraceTime } from './tracer.ts'
export type { ComponentPorts, RuntimeConfig } from './runtime-config.ts'

/**
 * Opens a runtime: with a `folder`, everything acknowledged before is there again and unfinished runs go on; without one it
 * lives in memory.
 *
 * @throws SymphonyError `JOURNAL_LOCKED`, `JOURNAL_CORRUPT`, `STORAGE_READ_ONLY`, `STORAGE_FULL`, `CAPABILITY_MISSING`,
 *   and whatever a component's factory throws
 * @example
 * await using symphony = await createRuntime({ folder: './state' })
 * const run = await symphony.conductor.orchestrate({ name: 'hello', tasks: [{ id: 'greet', run: () => 'hello' }] })
 * console.log(await run.result())
 */
export async function createRuntime(config: RuntimeConfig = {}): Promise<Runtime> {
  // Who only reads a state does not pay for what runs one.
  const { openRuntime } = await import('./runtime.ts')
  return openRuntime(config)
}
