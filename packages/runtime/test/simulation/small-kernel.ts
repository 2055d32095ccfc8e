import { createArbitrationEngine } from '@symphony/arbitration'
import { createArtifactStore } from '@symphony/artifacts'
import type { LifePorts } from '@symphony/conformance/simulator'
import { createDagTracker } from '@symphony/dag'
import type { DagTracker, ModelSpec, Runtime, WorkflowSpec } from '@symphony/interface'
import { createPoolManager } from '@symphony/pool'
import { createRuntime } from '@symphony/runtime'
import type { RuntimeConfig } from '@symphony/runtime'
import { createStaleManager } from '@symphony/stale'

/** What may run at once: plain functions, and calls of the model. */
export const INLINE_SLOTS = 8
export const ECHO_INSTANCES = 2
export const ECHO_SLOTS = 3

/** Calls of one tenant are limited. */
export const RATE = { tenant: 'tenant 0', callsPerSecond: 40, burst: 10 }

// Tables that are large enough for a few runs: a process of a simulation lives for milliseconds. Packs are small, so that there are many.
export const DAG = { tasksMax: 2048, edgesMax: 2048, runsMax: 64 }
export const ARTIFACTS = { artifactsMax: 2048, packBytesMax: 16_384, largeBytes: 1024, cacheBytesMax: 16_384 }
export const ARBITRATION = { requestsMax: 256, tenantsMax: 16, flowsMax: 64, decisionsKept: 64 }
const SEGMENT_BYTES = 32 * 1024

/** Components with small tables. @param made is told of the tracker: tasks are called before the runtime is open */
export function smallParts(made: (dag: DagTracker) => void = () => {}): Pick<RuntimeConfig, 'dag' | 'artifacts' | 'arbitration' | 'stale' | 'pool' | 'eventsKept'> {
  return {
    eventsKept: 1024,
    dag(given) {
      const dag = createDagTracker(DAG, given)
      made(dag)
      return dag
    },
    artifacts: ({ folder, fileSystem, ...given }) =>
      createArtifactStore({ ...ARTIFACTS, folder: `${folder}/artifacts` }, { ...given, ...(fileSystem === undefined ? {} : { fileSystem }) }),
    arbitration: (given) => createArbitrationEngine(ARBITRATION, given),
    stale: (given) => createStaleManager({ watchesMax: 256 }, given),
    pool: (given) => createPoolManager({ instancesMax: 16 }, given),
  }
}

/** The whole runtime on what one process of a simulation has. */
export function openSmallKernel(ports: LifePorts, workflows: readonly WorkflowSpec[], models: readonly ModelSpec[], checkpointBytes: number, made: (dag: DagTracker) => void): Promise<Runtime> {
  return createRuntime({ ...ports, ...smallParts(made), workflows, models, checkpointBytes, segmentBytes: SEGMENT_BYTES, inlineSlots: INLINE_SLOTS, rates: [RATE] })
}
