import { availableParallelism } from 'node:os'
import type { Json, ModelSpec } from '@symphony/interface'
import { workerThreadRunner } from '@symphony/models'

const here = import.meta.url

/** A model's module: beside this file, as source or as built. */
function moduleUrl(name: string): URL {
  return new URL(here.endsWith('.ts') ? `./models/${name}.ts` : `./models/${name}.js`, here)
}

function workerModel(id: string, version: string, memoryBytes: number, instancesMax: number, options?: Json): ModelSpec {
  return {
    id,
    version,
    runner: workerThreadRunner({ module: moduleUrl(id), ...(options === undefined ? {} : { options }) }),
    instancesMax,
    memoryBytes,
    idleMs: 30_000,
  }
}

const MiB = 1024 * 1024

/**
 * The heavy models of Docket, each instance a worker thread of its own, loaded when first needed and unloaded when idle. The memory
 * is what an instance was measured to add to the process.
 */
export function docketModels(): readonly ModelSpec[] {
  const cores = Math.max(1, availableParallelism())
  return [
    workerModel('pdf', '1', 120 * MiB, 1),
    workerModel('ocr', '1', 150 * MiB, cores),
    workerModel('nlp', '1', 130 * MiB, cores),
  ]
}
