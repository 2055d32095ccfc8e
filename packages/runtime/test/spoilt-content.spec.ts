import { SimulatedFileSystem } from '@symphony/conformance/simulator'
import { createArtifactStore } from '@symphony/artifacts'
import type { RunId, Runtime, WorkflowSpec } from '@symphony/interface'
import { systemTurns } from '@symphony/ports'
import { createRuntime } from '@symphony/runtime'
import { expect, it } from 'vitest'

const CONTENT = 'what the child left, and nobody has at hand'

const child: WorkflowSpec = { name: 'child', tasks: [{ id: 'left', run: () => CONTENT }, { id: 'waits', waitFor: 'go' }] }
const parent: WorkflowSpec = {
  name: 'parent',
  output: 'after',
  tasks: [
    { id: 'runs', workflow: 'child', allowFailure: true },
    { id: 'after', needs: [{ task: 'runs', kind: 'soft' }], run: ({ inputs }) => inputs.outcome('runs') },
  ],
}

/** Every content is read from the disk. */
function open(fileSystem: SimulatedFileSystem): Promise<Runtime> {
  return createRuntime({
    folder: '/state',
    fileSystem,
    workflows: [child, parent],
    artifacts: ({ folder, fileSystem: files, ...given }) => createArtifactStore({ folder: `${folder}/artifacts`, cacheBytesMax: 0 }, { ...given, ...(files === undefined ? {} : { fileSystem: files }) }),
  })
}

/** Flips a bit of the content, wherever it is. */
function spoil(files: SimulatedFileSystem): void {
  const path = `/state/artifacts/packs/${files.list('/state/artifacts/packs')[0]}`
  files.rot(path, Buffer.from(files.bytesOf(path)).indexOf(CONTENT), 3)
}

it.each(['while the process lives', 'before the next one opens'])('what a run left and was spoilt fails the task that takes it, by its reason, and nothing else: %s', async (when) => {
  const files = new SimulatedFileSystem()
  const first = await open(files)
  const run = await first.conductor.orchestrate(parent, null, { id: 'one' })
  const childOf = (): RunId | undefined => first.dag.runs().find((id) => id !== 'one')
  const hasLeft = (): boolean => childOf() !== undefined && first.dag.tasks(childOf() as RunId).some(({ id, state }) => id === 'left' && state === 'succeeded')
  while (!hasLeft()) await new Promise<void>((resolve) => void systemTurns.later(resolve))
  const own = childOf() as RunId
  await first.journal?.flush()
  if (when === 'while the process lives') {
    spoil(files)
    first.conductor.handle(own).signal('go')
    expect(await run.result()).toBe('failed')
    expect(first.dag.tasks('one').find(({ id }) => id === 'runs')).toMatchObject({ state: 'failed', error: { code: 'ARTIFACT_CORRUPT' } })
    return first.close()
  }
  await first.close()
  const next = files.killed()
  spoil(next)
  await using second = await open(next)
  second.conductor.handle(own).signal('go')
  expect(await second.conductor.handle('one').result()).toBe('failed')
})
