import type { ArbitrationEngine, ArtifactStore, Clock, CommandLog, DagTracker, EventSink, Logger, PoolManager, Turns } from '@symphony/interface'

/** What the conductor uses of its neighbours, and nothing more: whoever offers this may stand in for them. */
export interface ConductorPorts {
  readonly dag: Pick<
    DagTracker,
    | 'columns' | 'defineWorkflow' | 'template' | 'startWorkflow' | 'findRun' | 'runRow' | 'runId' | 'task' | 'taskType' | 'needs' | 'runInput' | 'tenantName'
    | 'takeReady' | 'returnReady' | 'beginTask' | 'completeTask' | 'failTask' | 'progressTask' | 'stageExpansion' | 'wakeDue' | 'nextDueMs'
    | 'cancelWorkflow' | 'getWorkflowState' | 'progress' | 'watch' | 'onReady' | 'onRunEnded'
  >
  readonly pool: Pick<PoolManager, 'modelNumber' | 'inspect' | 'tryAllocateModel' | 'freeSlots' | 'prewarm' | 'onSlotFree'>
  readonly arbitration: Pick<ArbitrationEngine, 'submit' | 'next' | 'settle' | 'withdraw' | 'waiting' | 'nextChangeMs'>
  readonly artifacts: Pick<ArtifactStore, 'put' | 'putJson' | 'get' | 'getJson' | 'head' | 'recall' | 'remember'>
  readonly clock?: Clock
  readonly turns?: Turns
  readonly log?: CommandLog
  readonly events?: EventSink
  readonly logger?: Logger
}
