// Fifty thousand short runs of the workflow given as JSON, a thousand at once: says how much memory the last twenty thousand added.
// Until then the heap takes its size, and rings and tables touch their pages for the first time.
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
  return process.memoryUsage().rss
}

const before = await runThousands(30)
console.log((await runThousands(20)) - before)
await runtime.close()
