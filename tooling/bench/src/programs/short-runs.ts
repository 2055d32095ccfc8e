// Fifty thousand short runs, a thousand at once: says how much memory the last twenty thousand added. Until then the heap
// takes its size, and rings and tables touch their pages for the first time.
import { createRuntime } from '@symphony/runtime'
import { chain } from '../workloads/workflows.ts'

const spec = chain(5)
const runtime = await createRuntime()
runtime.dag.defineWorkflow(spec)

async function runThousands(thousands: number): Promise<number> {
  const one = async (): Promise<void> => {
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
