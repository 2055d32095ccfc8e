/**
 * Contracts of Symphony: what every component promises, in types, error codes and constants.
 *
 * Nothing runs here but the one error class. Whatever fulfils a contract and passes its suite in `@symphony/conformance` may
 * take the place of ours.
 *
 * @packageDocumentation
 */
export type { ArtifactRef, Brand, FencingToken, InstanceRow, Json, Lsn, ModelNumber, RunId, RunRow, TaskRow, Ticket, WatchHandle } from './brands.ts'
export { ERROR_CODES, SymphonyError, assert, fromErrorData, isSymphonyError, toErrorData, type ErrorCode, type ErrorData, type SymphonyErrorInit } from './errors.ts'
export { COMPONENT_IDS, type Clock, type CommandLog, type ComponentId, type ComponentName, type EventRecord, type EventSink, type FileStat, type FileSystem, type Heartbeat, type Logger, type Random, type Turns } from './ports.ts'
export { EVENTS, type EventName } from './events.ts'
export { INTERFACE_VERSION, type CommandDescription, type Component, type ComponentHealth, type Neighbour, type Recoverable, type ReplicaSource, type Startable, type Supervised, type Supports, type WaitOptions } from './component.ts'
export type { CheckpointSection, Durability, Journal, JournalMetrics, LoggedCommand, ReplayReport } from './journal.ts'
export type { InvokeContext, LoadContext, LoadWorkerModel, LoadedModel, Runner, WorkerModel } from './models.ts'
export type { Condition, DynamicRange, DynamicTask, Expansion, Fallback, Join, MapSpec, Need, NeedKind, RetryPolicy, StoredOutput, TaskContext, TaskFunction, TaskInputs, TaskSpec, TaskType, WorkflowSpec } from './workflow.ts'
export type { StartArguments, TypedTaskContext, TypedTaskInputs, TypedWorkflowSpec, UntypedWorkflowSpec } from './typed-workflow.ts'
export type { SchemaIssue, SchemaResult, StandardSchema } from './standard-schema.ts'
export { INSTANCE_STATES, type AllocateRequest, type InstanceReport, type InstanceStateName, type Lease, type ModelReport, type ModelSpec, type PoolManager, type PoolMetrics } from './pool.ts'
export { RUN_STATES, RUN_STATE_NAMES, TASK_STATES, TASK_STATE_NAMES, type CriticalPathReport, type DagColumns, type DagTracker, type Debounce, type NeedOutcome, type RunProgress, type RunReport, type RunStateName, type SlackReport, type StartOptions, type TaskReport, type TaskResult, type TaskStateName, type TaskView, type Template, type Transition, type Undoing, type WorkflowGraph } from './dag.ts'
export type { AttributeTest, ChildRun, ForkOptions, MigrationContext, MigrationHook, OrphanedWait, ParentTask, RunAttributes, RunManagement, RunPage, RunQuery, RunSummary, RunUpgrade, ScheduleReport, ScheduleSpec, StreamEvent, StreamOptions, TaskBlocker, UpgradePlan } from './dag-runs.ts'
export type { ArtifactHead, ArtifactHit, ArtifactInit, ArtifactMetrics, ArtifactQuery, ArtifactStore, ArtifactVersion, Lineage } from './artifacts.ts'
export { SETTLEMENT_OUTCOMES } from './arbitration.ts'
export type { AdmissionBatch, AdmissionRequest, ArbitrationEngine, ArbitrationMetrics, BudgetReport, BudgetSpec, Decision, FairnessReport, Grant, RateSpec, Settlement, TenantShare } from './arbitration.ts'
export type { Entity, ExpiryHandler, ReclaimCandidate, ReclaimPlan, ReclaimPolicy, StaleForecast, StaleHealth, StaleManager, SweepReport, When } from './stale.ts'
export type { BlockedTask, Conductor, ConductorMetrics, DecisionInputs, DecisionRecord, OrchestrateOptions, Policy, PolicyBatch, WorkflowHandle } from './conductor.ts'
export type { HealthEpisode, RecoveryReport, Runtime, RuntimeHealth, SupervisedHealth } from './runtime.ts'
