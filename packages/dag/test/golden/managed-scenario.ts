import { createDagTracker } from '@symphony/dag'
import type { RegionDagTracker } from '@symphony/dag'
import type { ArtifactRef, CommandLog, WorkflowSpec } from '@symphony/interface'
import { seededRandom, VirtualClock } from '@symphony/ports'

const REF = '0123456789abcdef'.repeat(4) as ArtifactRef

export const managedSpecs: readonly WorkflowSpec[] = [
  { name: 'flow', version: '1', types: [{ name: 'page', model: 'ocr' }], tasks: [{ id: 'scan', run: () => 1 }, { id: 'part', workflow: 'part', needs: ['scan'] }, { id: 'end', run: () => 1, needs: ['part'] }] },
  { name: 'flow', version: '2', types: [{ name: 'page', model: 'ocr' }], tasks: [{ id: 'more', run: () => 1 }, { id: 'scan', run: () => 1 }, { id: 'part', workflow: 'part', needs: ['scan'] }, { id: 'end', run: () => 1, needs: ['part', 'more'] }] },
  { name: 'part', tasks: [{ id: 'only', run: () => 1 }] },
]

/** Goes through every command about runs as wholes once. */
export function liveThroughManaged(log: CommandLog): RegionDagTracker {
  const clock = new VirtualClock()
  const tracker = createDagTracker({ tasksMax: 256, edgesMax: 256, runsMax: 32, workflows: managedSpecs }, { clock, log, random: seededRandom(1) })
  const [first, second, part] = managedSpecs as [WorkflowSpec, WorkflowSpec, WorkflowSpec]
  tracker.startWorkflow(first, { id: 'r', input: { a: 1 }, attributes: { kind: 'test', pages: 3, urgent: true } })
  const expansion = { tasks: [{ id: 'page', type: 'page', params: 1, feeds: ['end'] }] }
  tracker.completeTask(tracker.taskRow('r', 'scan'), { output: REF, expansion }, tracker.beginTask(tracker.taskRow('r', 'scan')))
  clock.advance(5)
  tracker.beginTask(tracker.taskRow('r', 'part'))
  tracker.startWorkflow(part, { parent: tracker.taskRow('r', 'part') })
  tracker.awaitChild(tracker.taskRow('r', 'part'))
  tracker.setAttributes('r', { pages: null, done: 0.5 })
  tracker.forkRun('r', { from: 'part', id: 'fork' })
  tracker.migrateRun('r', second, ({ task }) => (task === 'more' ? { output: REF } : undefined))
  tracker.pauseWorkflow('fork')
  tracker.retryFrom('fork', ['scan', 'part'])
  tracker.startWorkflow(part, { id: 'later', notBeforeMs: clock.nowMs() + 1000 })
  for (const input of [1, 2]) tracker.startWorkflow(part, { id: 'joined', input, debounce: { key: 'k', waitMs: 100, maxWaitMs: 150 } })
  tracker.schedule({ id: 'often', everyMs: 500, workflow: 'part', overlap: 'skip', input: [1] })
  tracker.schedule({ id: 'daily', cron: '30 6 * * *', timezone: 'Europe/Berlin', workflow: 'part' })
  clock.advance(500)
  tracker.wakeDue(clock.nowMs())
  clock.advance(500)
  tracker.wakeDue(clock.nowMs())
  tracker.unschedule('daily')
  return tracker
}
