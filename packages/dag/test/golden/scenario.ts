import { createDagTracker } from '@symphony/dag'
import type { RegionDagTracker } from '@symphony/dag'
import type { ArtifactRef, CommandLog, ErrorData, TaskRow, WorkflowSpec } from '@symphony/interface'
import { seededRandom, VirtualClock } from '@symphony/ports'

const REF = '0123456789abcdef'.repeat(4) as ArtifactRef
const failure: ErrorData = { code: 'MODEL_FAILED', component: 'test', message: 'no answer', retryable: true, details: { page: 3 } }

export const goldenSpec: WorkflowSpec = {
  name: 'golden',
  version: '7',
  types: [{ name: 'page', model: 'ocr', retry: { attempts: 3, delayMs: 10 }, expectedMs: 40 }, { name: 'step', run: () => 1, allowFailure: true }],
  tasks: [
    { id: 'scan', type: 'step', params: { dpi: 300, pages: [1, 2] } },
    { id: 'approve', waitFor: 'approved' },
    { id: 'bind', run: () => 1, needs: ['scan', { task: 'approve', kind: 'soft' }] },
    { id: 'ship', type: 'step', needs: ['bind', { task: 'scan', kind: 'optional' }] },
  ],
  output: 'bind',
}

/** Goes through every command once. */
export function liveThroughGolden(log: CommandLog): RegionDagTracker {
  const clock = new VirtualClock()
  const tracker = createDagTracker({ tasksMax: 256, edgesMax: 256, runsMax: 16, keepEndedRuns: 1 }, { clock, log, random: seededRandom(1) })
  const row = (id: string, task: string): TaskRow => tracker.taskRow(id, task)
  for (const id of ['first', 'second', 'third']) {
    tracker.startWorkflow(goldenSpec, { id, input: { of: id }, tenant: id === 'first' ? 'acme' : 'globex', priority: -2 })
    clock.advance(12.5)
    const token = tracker.beginTask(row(id, 'scan'))
    clock.advance(30)
    const pages = [1, 2].map((page) => ({ id: `page${page}`, type: 'page', params: page, needs: ['scan'], feeds: ['bind'] }))
    tracker.completeTask(row(id, 'scan'), { output: REF, expansion: { tasks: pages } }, token)
    tracker.failTask(row(id, 'page1'), failure, { retryAtMs: clock.nowMs() + 10 })
    clock.advance(10)
    tracker.wakeDue(clock.nowMs())
    tracker.completeTask(row(id, 'page1'), { output: REF, recalled: true })
    tracker.skipTask(row(id, 'page2'), 'blank page')
  }
  tracker.pauseWorkflow('second')
  tracker.retryFrom('second', 'scan')
  tracker.resumeWorkflow('second')
  tracker.signalWorkflow('second', 'approved', REF)
  tracker.expandTask(row('second', 'scan'), { tasks: [{ id: 'extra', type: 'step', feeds: ['bind'] }] })
  tracker.cancelWorkflow('third', 'not wanted')
  for (const task of ['scan', 'extra', 'bind', 'ship']) tracker.completeTask(row('second', task), { output: REF })
  tracker.startWorkflow({ name: 'other', tasks: [{ id: 'a', waitFor: 'never' }] }, { id: 'fourth' })
  tracker.pauseWorkflow('fourth')
  return tracker
}
