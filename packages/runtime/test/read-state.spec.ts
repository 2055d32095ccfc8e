import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { WorkflowSpec } from '@symphony/interface'
import { createRuntime, readState } from '@symphony/runtime'

let folder = ''
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'symphony-view-'))))
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const approval: WorkflowSpec = {
  name: 'approval',
  tasks: [
    { id: 'draft', run: () => 'text' },
    { id: 'approve', needs: ['draft'], waitFor: 'approved' },
  ],
}

describe('readState', () => {
  it('shows the runs of a folder while a runtime works in it, and of one nobody has open', async () => {
    const symphony = await createRuntime({ folder, workflows: [approval] })
    const ended = await symphony.conductor.orchestrate({ name: 'one', tasks: [{ id: 'a', run: () => 1 }] }, { n: 1 }, { id: 'ended' })
    await ended.result()
    await symphony.conductor.orchestrate(approval, null, { id: 'open' })
    while (symphony.dag.progress('open').waiting === 0) await new Promise((resolve) => setImmediate(resolve))
    await symphony.journal?.flush()
    const beside = await readState(folder)
    expect([beside.isOpen, beside.dag.runs()]).toEqual([true, ['ended', 'open']])
    expect(beside.dag.getWorkflowState('ended')).toMatchObject({ state: 'succeeded', input: { n: 1 }, workflow: 'one' })
    expect(beside.dag.getWorkflowState('open')).toMatchObject({ state: 'quarantined', reason: expect.stringContaining('approval') })
    // The view is a thing of its own: what is done to it stays there.
    beside.dag.cancelWorkflow('open')
    expect(symphony.dag.getWorkflowState('open').state).toBe('running')
    await symphony.close()
    const alone = await readState(folder)
    expect([alone.isOpen, alone.dag.tasks('open').map(({ id, state }) => [id, state])]).toEqual([false, [['draft', 'succeeded'], ['approve', 'waiting']]])
  })

  it('says that there is no state, and makes none', async () => {
    await expect(readState(join(folder, 'nowhere'))).rejects.toMatchObject({ code: 'NOT_FOUND', message: expect.stringContaining('nowhere') })
  })
})
