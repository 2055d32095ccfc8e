import type { ArbitrationEngine, ArtifactStore, Clock, CommandLog, DagTracker, EventSink, Logger, PoolManager, Random, SymphonyError, Turns } from '@symphony/interface'

/** What the conductor uses of its neighbours, and nothing more: whoever offers this may stand in for them. */
export interface ConductorPorts {
  readonly dag: Pick<
    DagTracker,
    | 'columns' | 'defineWorkflow' | 'template' | 'startWorkflow' | 'findRun' | 'runRow' | 'runId' | 'task' | 'taskType' | 'needs' | 'tasks' | 'taskRow' | 'runInput' | 'runTemplate' | 'runs' | 'tenantName'
    | 'takeReady' | 'returnReady' | 'beginTask' | 'beginTasks' | 'completeTask' | 'completeTasks' | 'waitTask' | 'failTask' | 'progressTask' | 'stageExpansion' | 'awaitChild' | 'undoingOf' | 'forkRun' | 'onDefined' | 'parentOf' | 'orphanedWaits' | 'emitChunk' | 'stream' | 'wakeDue' | 'nextDueMs'
    | 'cancelWorkflow' | 'pauseWorkflow' | 'resumeWorkflow' | 'signalWorkflow' | 'rejectSignal' | 'getWorkflowState' | 'progress' | 'watch' | 'onReady' | 'onRunEnded' | 'onRunForgotten'
  >
  readonly pool: Pick<PoolManager, 'modelNumber' | 'inspect' | 'tryAllocateModel' | 'tryAllocateSlots' | 'releaseSlots' | 'renewSlots' | 'freeSlots' | 'prewarm' | 'onSlotFree'>
  readonly arbitration: Pick<ArbitrationEngine, 'submit' | 'next' | 'settle' | 'resume' | 'tenantNumber' | 'admitNow' | 'settleNow' | 'settleTicket' | 'withdraw' | 'waiting' | 'nextChangeMs'>
  readonly artifacts: Pick<ArtifactStore, 'put' | 'putJson' | 'putStream' | 'open' | 'has' | 'get' | 'getJson' | 'getValue' | 'head' | 'recall' | 'remember'>
  readonly clock?: Clock
  readonly random?: Random
  readonly turns?: Turns
  readonly log?: CommandLog | undefined
  readonly events?: EventSink
  readonly logger?: Logger
  /** Why no run may be started for the time being, undefined when one may. What has been started goes on. Asked at each start. */
  readonly startRefusal?: () => SymphonyError | undefined
}
