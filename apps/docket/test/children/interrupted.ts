import type { Json } from '@symphony/interface'
import { docketWorkflow } from '@symphony/docket'
import { createRuntime } from '@symphony/runtime'
import { scanSources } from '../../src/content/scan.ts'
import { docketModels } from '../../src/docket-models.ts'

// Starts Docket on a folder; once so many tasks are done and durable, the process ends itself without warning.
const [folder = '', stateFolder = '', afterTasks = ''] = process.argv.slice(2)
const sources = [{ folder, label: 'documents' }]
const symphony = await createRuntime({ folder: stateFolder, models: docketModels(), workflows: [docketWorkflow(sources)] })
const listing = symphony.artifacts.putJson(scanSources(sources) as unknown as Json, { text: false })
const handle = await symphony.conductor.orchestrate('docket', { listing }, { tenant: 'docket' })
while (handle.progress().succeeded < Number(afterTasks)) await new Promise((resolve) => setImmediate(resolve))
await symphony.journal?.flush()
process.kill(process.pid, 'SIGKILL')
