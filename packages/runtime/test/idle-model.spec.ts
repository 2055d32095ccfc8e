import { describe, expect, it } from 'vitest'
import { functionRunner } from '@symphony/models'
import { VirtualClock } from '@symphony/ports'
import { createRuntime } from '@symphony/runtime'
import { runThroughTime } from './virtual-time.ts'

describe('a model that is unloaded while idle', () => {
  it('is loaded again for a task that a rate has held back meanwhile', async () => {
    const clock = new VirtualClock()
    await using symphony = await createRuntime({
      clock,
      rates: [{ tenant: 'slow', callsPerSecond: 1, burst: 1 }],
      models: [{ id: 'echo', runner: functionRunner((input: unknown) => input), idleMs: 100 }],
    })
    const tasks = ['first', 'second'].map((id) => ({ id, model: 'echo', cache: false, input: () => id }))
    const run = await symphony.conductor.orchestrate({ name: 'two', tasks }, null, { tenant: 'slow' })
    await runThroughTime(clock)
    expect(run.state().progress).toMatchObject({ succeeded: 2, ready: 0 })
  })
})
