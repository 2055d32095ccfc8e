import { SimulatedFileSystem } from '@symphony/conformance/simulator'
import type { WorkflowSpec } from '@symphony/interface'
import { VirtualClock } from '@symphony/ports'
import { createRuntime } from '@symphony/runtime'
import { expect, it } from 'vitest'
import { runThroughTime } from './virtual-time.ts'

/** It has no functions, so it goes on without anybody who defines it; but only its definition knows how long it may take. */
const limited: WorkflowSpec = { name: 'limited', timeoutMs: 60_000, tasks: [{ id: 'waits', waitFor: 'nobody' }] }

it.each([
  { when: 'when the process begins', workflows: [limited] },
  { when: 'later', workflows: [] },
])('a run without functions keeps its time limit over a restart, defined $when', async ({ workflows }) => {
  const clock = new VirtualClock()
  const files = new SimulatedFileSystem()
  const first = await createRuntime({ clock, folder: '/state', fileSystem: files })
  await first.conductor.orchestrate(limited, null, { id: 'one' })
  await first.journal?.flush()
  await first.close()
  clock.advance(20_000)
  await using second = await createRuntime({ clock, folder: '/state', fileSystem: files.killed(), workflows })
  if (workflows.length === 0) second.dag.defineWorkflow(limited)
  const startedMs = clock.monotonicMs()
  const run = second.conductor.handle('one')
  await runThroughTime(clock, () => run.state().state !== 'running')
  expect([run.state().state, run.state().reason, clock.monotonicMs() - startedMs]).toEqual(['cancelled', expect.stringContaining('TIMEOUT'), 40_000])
})
