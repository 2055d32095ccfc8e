// A runtime with everything that waits for a time: says `armed`, then each thing that fires, then `ended` with what came of it.
import { setTimeout as sleep } from 'node:timers/promises'
import type { WorkflowSpec } from '@symphony/interface'
import { createRuntime } from '@symphony/runtime'
import { functionRunner } from '@symphony/models'
import { announce } from './announce.ts'

const [folder = ''] = process.argv.slice(2)
const SOON_MS = 150
const LATER_MS = 900

const workflow: WorkflowSpec = {
  name: 'timers',
  tasks: [
    { id: 'delayed', delayMs: SOON_MS },
    { id: 'after', needs: ['delayed'], run: () => announce('fired', 'delayed') },
    // Its work is over before its time is; how late the process looks at both may not matter.
    { id: 'in time', timeoutMs: LATER_MS, run: async () => (await sleep(SOON_MS), announce('fired', 'in-time'), 'done') },
    {
      id: 'too late',
      timeoutMs: SOON_MS,
      retry: { attempts: 2, delayMs: 1 },
      run: ({ signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => (announce('fired', 'timeout'), reject(signal.reason as Error)))),
    },
  ],
}

const symphony = await createRuntime({ folder, workflows: [workflow], models: [{ id: 'model', runner: functionRunner(() => 'answer'), idleMs: SOON_MS }] })
symphony.stale.onExpire('thing', (id) => announce('fired', `stale-${id}`))
symphony.stale.watch({ kind: 'thing', id: 1 }, { ttlMs: SOON_MS })
symphony.stale.watch({ kind: 'thing', id: 2 }, { ttlMs: SOON_MS })
const lease = await symphony.pool.allocateModel({ model: 'model', leaseMs: SOON_MS })
const handle = await symphony.conductor.orchestrate(workflow, null, { id: 'timed' })
announce('armed')
const run = await handle.ended()
// What fires a second time would do so by now: everything armed was due long ago.
await sleep(2 * LATER_MS)
const tasks = symphony.dag.tasks(run.id).map(({ id, state, error }) => [id, state, error?.code ?? null])
const { leasesExpired, leasesGranted, leasesReleased } = symphony.pool.metrics()
announce('ended', JSON.stringify({ tasks, isLive: lease.isLive, leasesExpired, open: leasesGranted - leasesReleased - leasesExpired, slotsUsed: symphony.pool.inspect('model').slotsUsed }))
await symphony.close()
announce('closed')
