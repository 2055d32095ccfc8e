/**
 * What proves that nothing acknowledged is lost: a storage in memory that fails, lies and dies as real ones do, from a seed.
 *
 * @packageDocumentation
 */
export { CrashSignal } from './crash-signal.ts'
export { addFaults, FAULT_KINDS, zeroFaults } from './fault-counts.ts'
export type { FaultCounts, FaultKind } from './fault-counts.ts'
export { HONEST_CUT } from './fault-plan.ts'
export type { Crash, CutWeights, Failure, FaultPlan, FaultyOperation } from './fault-plan.ts'
export { SECTOR_BYTES } from './simulated-file.ts'
export { SimulatedFileSystem } from './simulated-file-system.ts'
export type { Damage, SimulatedFileSystemPorts } from './simulated-file-system.ts'
export { simulate } from './simulate.ts'
export type { SimulatedConfig, SimulatedOutcome, SimulatedTask, SimulateOptions } from './simulate.ts'
export type { SimulatedEffect } from './effects.ts'
export { SimulationFailure } from './simulation-failure.ts'
export { Simulation } from './simulation.ts'
export type { SimulationOptions, SimulationReport } from './simulation.ts'
export type { CallFaults, TaskCall } from './call-faults.ts'
export type { ClientAction, RunPlan } from './client.ts'
export type { InstrumentedCall } from './instrumented.ts'
export type { Life, LifePorts } from './life.ts'
export type { SpoiltOpening } from './world.ts'
export type { WorldFaults } from './world-faults.ts'
