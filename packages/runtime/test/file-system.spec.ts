import { describe, expect, it } from 'vitest'
import { SimulatedFileSystem } from '@symphony/conformance/simulator'
import type { FileSystem, WorkflowSpec } from '@symphony/interface'
import { createRuntime } from '@symphony/runtime'

const workflow: WorkflowSpec = { name: 'one', output: 'a', tasks: [{ id: 'a', run: () => 'x'.repeat(3000) }] }

async function start(fileSystem: FileSystem, folder: string): Promise<unknown> {
  await using symphony = await createRuntime({ folder, fileSystem, workflows: [workflow], segmentBytes: 1 << 16 })
  const run = await symphony.conductor.orchestrate(workflow, null, { id: 'the run' })
  return await run.result()
}

describe('a file system that is handed in', () => {
  it('holds everything: the log, the artifacts and the lock', async () => {
    const files = new SimulatedFileSystem()
    expect(await start(files, '/deep/state')).toBe('x'.repeat(3000))
    expect(files.list('/deep/state')).toEqual(['artifacts', 'journal'])
    expect(files.openFiles).toBe(0)
    await using symphony = await createRuntime({ folder: '/deep/state', fileSystem: files, segmentBytes: 1 << 16 })
    expect(symphony.recovery.lastLsn).toBeGreaterThan(0)
    await expect(createRuntime({ folder: '/deep/state', fileSystem: files })).rejects.toMatchObject({ code: 'JOURNAL_LOCKED' })
  })

  it('that refuses says so when the runtime is made', async () => {
    const files = new SimulatedFileSystem({ failures: [{ at: 1, code: 'STORAGE_READ_ONLY', isForEver: true }] })
    await expect(start(files, '/state')).rejects.toMatchObject({ code: 'STORAGE_READ_ONLY', component: 'runtime' })
  })

  it('has the state folder itself on the device before anything is acknowledged', async () => {
    const files = new SimulatedFileSystem()
    await start(files, '/deep/state')
    const left = files.powerCut()
    await using symphony = await createRuntime({ folder: '/deep/state', fileSystem: left, segmentBytes: 1 << 16 })
    expect(symphony.dag.findRun('the run')).toBeDefined()
  })
})
