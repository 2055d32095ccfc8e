import { describe, expect, it } from 'vitest'
import type { WorkflowSpec } from '@symphony/interface'
import { VirtualClock } from '@symphony/ports'
import { createRuntime } from '@symphony/runtime'
import { runThroughTime } from './virtual-time.ts'

/** Many tasks that are ready at one time, of which few can begin: each a little longer than the one before it. */
function wide(count: number, clock: VirtualClock, begun: number[]): WorkflowSpec {
  const run = (place: number) => () => {
    begun.push(place)
    return new Promise<void>((resolve) => void clock.schedule(1, resolve))
  }
  return { name: 'wide', tasks: Array.from({ length: count }, (_, place) => ({ id: `t${place}`, expectedMs: 1 + place, run: run(place) })) }
}

describe('what becomes ready at one moment is decided about together', () => {
  it.each([[3, 40], [4, 3000], [500, 3000]])('%d slots, %d tasks: the longest way first', async (inlineSlots, count) => {
    const clock = new VirtualClock()
    const begun: number[] = []
    await using symphony = await createRuntime({ clock, inlineSlots, policy: 'critical-path' })
    await symphony.conductor.orchestrate(wide(count, clock, begun))
    await runThroughTime(clock)
    expect(begun).toEqual(Array.from({ length: count }, (_, at) => count - 1 - at))
  })

  it('equal scores: in the order of their readiness', async () => {
    const clock = new VirtualClock()
    const begun: number[] = []
    await using symphony = await createRuntime({ clock, inlineSlots: 2, policy: 'fifo' })
    await symphony.conductor.orchestrate(wide(1500, clock, begun))
    await runThroughTime(clock)
    expect(begun).toEqual(Array.from({ length: 1500 }, (_, at) => at))
  })
})
