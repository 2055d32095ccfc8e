// A million tasks in ten thousand runs that go on at once: says how much memory they take.
import { createDagTracker } from '@symphony/dag'
import { layers } from '../workloads/workflows.ts'

// Ranges of rows are rounded up to powers of two: a run of 100 tasks takes 128.
const dag = createDagTracker({ tasksMax: 2 ** 21 })
const template = dag.defineWorkflow(layers(100, 10, 3))
globalThis.gc?.()
const before = process.memoryUsage().rss
for (let run = 0; run < 10_000; run++) dag.startWorkflow(template)
globalThis.gc?.()
console.log(process.memoryUsage().rss - before)
await dag.close()
