// A million tasks in ten thousand runs of the workflow given as JSON, all going on at once: says how much memory they take.
import { createDagTracker } from '@symphony/dag'

const spec = JSON.parse(process.argv[2])
// Ranges of rows are rounded up to powers of two: a run of 100 tasks takes 128.
const dag = createDagTracker({ tasksMax: 2 ** 21 })
const template = dag.defineWorkflow({ ...spec, types: spec.types.map((type) => ({ ...type, run: async () => undefined })) })
globalThis.gc?.()
const before = process.memoryUsage().rss
for (let run = 0; run < 10_000; run++) dag.startWorkflow(template)
globalThis.gc?.()
console.log(process.memoryUsage().rss - before)
await dag.close()
