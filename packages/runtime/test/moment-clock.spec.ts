import { createDagTracker } from '@symphony/dag'
import type { DagPorts } from '@symphony/dag'
import type { Policy, WorkflowSpec } from '@symphony/interface'
import { VirtualClock } from '@symphony/ports'
import { createRuntime } from '@symphony/runtime'
import { describe, expect, it } from 'vitest'

const spec: WorkflowSpec = { name: 'w', output: 'b', tasks: [{ id: 'a', run: () => 1 }, { id: 'b', needs: ['a'], run: () => 2 }] }

describe('the clock all parts share goes on', () => {
  it('while a policy of one\'s own decides', async () => {
    const clock = new VirtualClock()
    const slow: Policy = { name: 'slow', score: ({ scores, count }) => (clock.advance(1000), void scores.fill(0, 0, count)) }
    await using symphony = await createRuntime({ clock, policy: slow })
    const handle = await symphony.conductor.orchestrate(spec)
    await handle.result()
    const begun = symphony.dag.tasks(handle.id).map(({ startedAtMs }) => startedAtMs - handle.state().startedAtMs)
    expect(begun).toEqual([1000, 2000])
  })

  it('while those are told who want to know of ends', async () => {
    const clock = new VirtualClock()
    const ends: string[] = []
    await using symphony = await createRuntime({ clock, workflows: [spec], dag: (ports) => createDagTracker({}, ports as DagPorts) })
    symphony.dag.onRunEnded((_, id) => {
      ends.push(id)
      clock.advance(1000)
      if (id === 'r') symphony.dag.startWorkflow('w', { id: 'next' })
    })
    const handle = await symphony.conductor.orchestrate('w', null, { id: 'r' })
    const { endedAtMs = 0 } = await handle.ended()
    await symphony.conductor.handle('next').ended()
    expect([ends, symphony.dag.getWorkflowState('next').startedAtMs - endedAtMs]).toEqual([['r', 'next'], 1000])
  })
})
