// A process that opens a runtime over an empty state folder, runs one task, says its result, and then how much memory it has.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRuntime } from '@symphony/runtime'

const folder = mkdtempSync(join(tmpdir(), 'symphony-bench-'))
const runtime = await createRuntime({ folder })
const run = await runtime.conductor.orchestrate({ name: 'first', tasks: [{ id: 'greet', run: () => 'hello' }] })
console.log(await run.result())
globalThis.gc?.()
console.log(process.memoryUsage().rss)
await runtime.close()
rmSync(folder, { recursive: true, force: true })
