import { createArbitrationEngine } from '@symphony/arbitration'
import { createArtifactStore } from '@symphony/artifacts'
import type { LifePorts } from '@symphony/conformance/simulator'
import { createDagTracker } from '@symphony/dag'
import type { ModelSpec, Runtime, WorkflowSpec } from '@symphony/interface'
import { createPoolManager } from '@symphony/pool'
import { createRuntime } from '@symphony/runtime'
import { createStaleManager } from '@symphony/stale'

/** Slots of the model: what may be in use at once. */
export const INLINE_SLOTS = 8
export const ECHO_INSTANCES = 2
export const ECHO_SLOTS = 3

/**
 * The whole runtime, with tables that are large enough for a few runs: a process of a simulation lives for milliseconds. Segments,
 * packs and checkpoints are small, so that there are many of them.
 */
export function openSmallKernel(ports: LifePorts, workflows: readonly WorkflowSpec[], models: readonly ModelSpec[], checkpointBytes: number): Promise<Runtime> {
  return createRuntime({
    ...ports,
    workflows,
    models,
    checkpointBytes,
    segmentBytes: 32 * 1024,
    inlineSlots: INLINE_SLOTS,
    dag: (given) => createDagTracker({ tasksMax: 2048, edgesMax: 2048, runsMax: 64 }, given),
    artifacts: ({ folder, fileSystem, ...given }) =>
      createArtifactStore(
        { folder: `${folder}/artifacts`, search: 'lazy', artifactsMax: 2048, packBytesMax: 16 * 1024, largeBytes: 1024, cacheBytesMax: 1 << 14 },
        { ...given, ...(fileSystem === undefined ? {} : { fileSystem }) },
      ),
    arbitration: (given) => createArbitrationEngine({ requestsMax: 256, tenantsMax: 16, flowsMax: 64, decisionsKept: 64 }, given),
    stale: (given) => createStaleManager({ watchesMax: 256 }, given),
    pool: (given) => createPoolManager({ instancesMax: 16 }, given),
  })
}
