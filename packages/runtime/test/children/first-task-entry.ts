// Prints the files of other people's packages that are loaded by the time a first task is done.
import { mkdtempSync, rmSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const loaded: string[] = []
registerHooks({
  load(url, context, nextLoad) {
    if (url.includes('/node_modules/')) loaded.push(url)
    return nextLoad(url, context)
  },
})
const { createRuntime } = await import('@symphony/runtime')
const folder = mkdtempSync(join(tmpdir(), 'symphony-loads-'))
const runtime = await createRuntime({ folder })
const run = await runtime.conductor.orchestrate({ name: 'first', tasks: [{ id: 'greet', run: () => 'hello' }] })
await run.result()
await runtime.close()
rmSync(folder, { recursive: true, force: true })
console.log(JSON.stringify(loaded))
