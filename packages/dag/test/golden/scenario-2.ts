import { createDagTracker } from '@symphony/dag'
import type { RegionDagTracker } from '@symphony/dag'
import type { ArtifactRef, CommandLog, ErrorData, TaskRow, WorkflowSpec } from '@symphony/interface'
import { seededRandom, VirtualClock } from '@symphony/ports'

const REF = '0123456789abcdef'.repeat(4) as ArtifactRef
const failure: ErrorData = { code: 'MODEL_FAILED', component: 'test', message: 'no answer', retryable: true, details: {} }

export const golden2Spec: WorkflowSpec = {
  name: 'golden-2',
  types: [{ name: 'step', run: () => 1, allowFailure: true }, { name: 'nap', delayMs: 20 }],
  tasks: [
    { id: 'choose', type: 'step' },
    { id: 'left', type: 'step', needs: ['choose'] },
    { id: 'right', type: 'step', needs: ['choose'] },
    { id: 'first', type: 'step', needs: ['left', 'right'], join: 'any' },
    { id: 'two', type: 'step', needs: ['left', 'first', 'right'], join: { atLeast: 2 } },
    { id: 'why', type: 'step', needs: ['first'], when: 'right.skipped && !(left.failed || two.cancelled)' },
    { id: 'pause', type: 'nap' },
    { id: 'ask', waitFor: 'answer', timeoutMs: 100, needs: ['pause'] },
  ],
}

/** Goes through what came with version 2 of the format. */
export function liveThroughGolden2(log: CommandLog): RegionDagTracker {
  const clock = new VirtualClock()
  const tracker = createDagTracker({ tasksMax: 32768, edgesMax: 16384, runsMax: 16 }, { clock, log, random: seededRandom(1) })
  const row = (id: string, task: string): TaskRow => tracker.taskRow(id, task)
  for (const id of ['a', 'b']) {
    tracker.startWorkflow(golden2Spec, { id })
    tracker.waitTask(row(id, 'pause'), clock.nowMs() + 20)
    const pages = { prefix: 'page', count: 3, type: 'step', params: 'p', needs: ['choose'], feeds: ['two'] }
    const some = { id: 'some', type: 'step', needs: ['page[0]', 'page[2]'], join: { atLeast: 1 } }
    tracker.completeTask(row(id, 'choose'), { routes: ['left'], expansion: { tasks: [some], ranges: [pages] } })
    tracker.failTask(row(id, 'left'), failure, { retryAtMs: clock.nowMs() + 5 })
    clock.advance(5)
    tracker.wakeDue(clock.nowMs())
    tracker.completeTask(row(id, 'left'), { output: REF, defaulted: true })
    clock.advance(20)
    tracker.wakeDue(clock.nowMs())
  }
  clock.advance(60)
  tracker.signalWorkflow('b', 'answer', REF)
  clock.advance(60)
  tracker.wakeDue(clock.nowMs())
  tracker.pauseWorkflow('a')
  tracker.retryFrom('a', 'choose')
  tracker.completeTask(row('b', 'first'))
  const many = Array.from({ length: 8000 }, (_, index) => ({ id: `an id that is long enough to need parts ${index}`, type: 'step' }))
  tracker.expandTask(row('a', 'choose'), { tasks: many })
  tracker.completeTask(row('a', 'choose'), { expansion: { tasks: many.map((task) => ({ ...task, id: `${task.id}, again` })) } })
  tracker.startWorkflow({ name: 'large', tasks: many.map(({ id }) => ({ id, waitFor: id })) })
  return tracker
}
