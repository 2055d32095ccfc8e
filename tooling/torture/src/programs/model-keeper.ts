// A runtime whose model dies in the middle of a task: `doomed <fate>` begins, `ended …` tells how the run ended, and what the pool holds then.
import type { Worker } from 'node:worker_threads'
import { createRuntime } from '@symphony/runtime'
import type { Runtime, WorkflowSpec } from '@symphony/interface'
import { workerThreadRunner } from '@symphony/models'
import { announce } from './announce.ts'
import { FRAGILE } from './fragile-model.ts'
import type { Fate } from './fragile-model.ts'

const [folder = '', fatesText = ''] = process.argv.slice(2)
const fates = fatesText.split(',') as (Fate | 'terminate' | 'abort')[]

/** The thread of the model: whoever starts one may end it at any moment. The journal has one of its own once its disk is slow. */
let thread: Worker | undefined
process.on('worker', (started) => started.on('message', (message) => message === FRAGILE && (thread = started)))

function workflow(name: string, attempts: number, fateOf: (attempt: number) => Fate, seen: () => void): WorkflowSpec {
  return {
    name,
    output: 'call',
    tasks: [{
      id: 'call',
      model: 'fragile',
      retry: { attempts, delayMs: 1 },
      input: ({ attempt }) => {
        seen()
        return { fate: fateOf(attempt) }
      },
    }],
  }
}

/** What is done from outside, once the call is on its way. */
function strike(fate: string): void {
  if (fate === 'terminate') setImmediate(() => void thread?.terminate())
  if (fate === 'abort') setImmediate(() => process.abort())
}

async function doom(symphony: Runtime, fate: Fate | 'terminate' | 'abort', attempts: number): Promise<void> {
  announce('doomed', fate)
  const inside: Fate = fate === 'terminate' || fate === 'abort' ? 'hang' : fate
  let calls = 0
  const spec = workflow(`${fate} ${attempts}`, attempts, () => (calls === 1 ? inside : 'well'), () => {
    calls++
    if (calls === 1) strike(fate)
  })
  const run = await (await symphony.conductor.orchestrate(spec, null, { id: `${fate}-${attempts}` })).ended()
  const { error } = symphony.dag.tasks(run.id)[0] ?? {}
  // Held by nobody at the very moment the run has ended, and not some time later.
  const { slotsUsed } = symphony.pool.inspect('fragile')
  announce('ended', JSON.stringify({ fate, attempts, state: run.state, code: error?.code ?? null, calls, slotsUsed }))
}

const runner = workerThreadRunner({ module: new URL('./fragile-model.ts', import.meta.url), resourceLimits: { maxOldGenerationSizeMb: 24 }, graceMs: 50 })
const symphony = await createRuntime({ folder, models: [{ id: 'fragile', runner }] })
for (const fate of fates) {
  await doom(symphony, fate, 2)
  await doom(symphony, fate, 1)
}
const lease = await symphony.pool.allocateModel({ model: 'fragile' })
announce('answer', String(await lease.invoke({ fate: 'well' })))
lease.release()
await symphony.close()
announce('closed')
