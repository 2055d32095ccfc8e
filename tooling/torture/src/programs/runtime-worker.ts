// Starts runs in a state folder, or goes on with them, and says what it was told: `begin`, `effect`, `done` and `result`, each with the run's number.
import { createRuntime } from '@symphony/runtime'
import type { Runtime } from '@symphony/interface'
import { contentOf, needsOf, TORTURED, torturedWorkflow } from '../tortured-workflow.ts'
import { announce } from './announce.ts'

/** What a working process is told. */
interface WorkerOrders {
  readonly folder: string
  readonly runs: number
  readonly atOnce: number
  readonly checkpointBytes: number
}

const { folder, runs, atOnce, checkpointBytes } = JSON.parse(process.argv[2] as string) as WorkerOrders
const workflow = torturedWorkflow((runId, taskId, isEffect) => announce(isEffect ? 'effect' : 'begin', runId, taskId))

/** Tells when the end of a task is durable: from then on it may not be called again. */
async function tellEnds(symphony: Runtime, runId: string): Promise<void> {
  for await (const step of symphony.dag.watch(runId)) {
    if (step.type !== 'task' || step.to !== 'succeeded') continue
    await symphony.journal?.flush()
    announce('done', runId, step.task)
  }
}

async function work(symphony: Runtime, run: number): Promise<void> {
  const handle = await symphony.conductor.orchestrate(TORTURED, { run }, { id: String(run) })
  void tellEnds(symphony, handle.id).catch(() => {})
  announce('result', run, String(await handle.result()))
}

/** Every content is what its task has left. */
function checkContents(symphony: Runtime, run: number): void {
  for (const task of symphony.dag.tasks(String(run))) {
    if (task.id === 'end' || !needsOf(run).has(task.id)) continue
    const bytes = symphony.artifacts.get(task.output as never)
    if (Buffer.compare(bytes, contentOf(run, task.id)) !== 0) announce('broken', run, `${task.id} left something else`)
  }
}

announce('opening')
const symphony = await createRuntime({ folder, workflows: [workflow], checkpointBytes })
announce('opened', symphony.recovery.lastLsn)
for (let first = 1; first <= runs; first += atOnce) {
  await Promise.all(Array.from({ length: Math.min(atOnce, runs - first + 1) }, (_, index) => work(symphony, first + index)))
}
for (let run = 1; run <= runs; run++) checkContents(symphony, run)
announce('closing')
await symphony.close()
announce('closed')
