import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TASK_STATES } from '@symphony/interface'
import type { DynamicTask, RunId, WorkflowSpec } from '@symphony/interface'
import { createRuntime } from '@symphony/runtime'
import { afterEach, describe, expect, it } from 'vitest'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

/** Together far more than one record of the journal holds. */
const long = (index: number): string => `a page with a number that makes its id long: ${index}`

describe('what is larger than a record of the journal', () => {
  it('comes back from it: a definition, and an expansion in the same commit as an output', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'symphony-large-'))
    folders.push(folder)
    const parts = Array.from({ length: 20_000 }, (_, index): DynamicTask => ({ id: long(index), type: 'wait', feeds: ['join'] }))
    const large: WorkflowSpec = {
      name: 'large',
      types: [{ name: 'wait', waitFor: 'go' }],
      tasks: [
        { id: 'plan', run: ({ expand }) => (expand({ tasks: parts, ranges: [{ prefix: 'wide', count: 1000, type: 'wait' }] }), 'planned') },
        { id: 'join', needs: ['plan'], waitFor: 'go' },
        ...parts.map(({ id }) => ({ id: `defined: ${id}`, waitFor: 'never' })),
      ],
    }
    let runId: RunId
    {
      await using symphony = await createRuntime({ folder })
      const run = await symphony.conductor.orchestrate(large)
      runId = run.id
      const step = symphony.dag.watch(runId)[Symbol.asyncIterator]()
      const isPlanned = (): boolean => symphony.dag.columns.taskState[symphony.dag.taskRow(runId, 'plan')] === TASK_STATES.SUCCEEDED
      while (!isPlanned()) await step.next()
      expect(symphony.dag.progress(runId).total).toBe(41_002)
    }
    await using again = await createRuntime({ folder, workflows: [large] })
    expect(again.dag.progress(runId)).toMatchObject({ total: 41_002, succeeded: 1 })
    expect(again.dag.task(again.dag.taskRow(runId, 'wide[999]')).params).toEqual({ index: 999, of: null })
  }, 60_000)
})
