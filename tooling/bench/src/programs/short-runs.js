// A hundred thousand short runs of the workflow given as JSON, a thousand at once: says how much memory all but the first ten thousand
// added. The heap's young generation is left out: the engine enlarges it as it sees fit, however little is kept.
import { getHeapSpaceStatistics } from 'node:v8'
import { createRuntime } from '@symphony/runtime'

const spec = JSON.parse(process.argv[2])
const runtime = await createRuntime()
runtime.dag.defineWorkflow({ ...spec, types: spec.types.map((type) => ({ ...type, run: async () => undefined })) })

async function runThousands(thousands) {
  const one = async () => {
    const handle = await runtime.conductor.orchestrate(spec.name)
    await handle.ended()
    runtime.dag.forgetRun(handle.id)
  }
  for (let thousand = 0; thousand < thousands; thousand++) await Promise.all(Array.from({ length: 1000 }, one))
  globalThis.gc?.()
  const young = getHeapSpaceStatistics().find((space) => space.space_name === 'new_space').physical_space_size
  return process.memoryUsage().rss - young
}

const before = await runThousands(10)
console.log((await runThousands(90)) - before)
await runtime.close()
