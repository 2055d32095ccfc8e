import type { Runtime, Turns } from '@symphony/interface'
import { systemTurns, VirtualClock } from '@symphony/ports'
import { createRuntime } from '@symphony/runtime'
import { describe, expect, it } from 'vitest'
import { settle } from './virtual-time.ts'

interface Stage extends AsyncDisposable {
  readonly symphony: Runtime
  readonly clock: VirtualClock
  /** As a computation would: time passes, and the event loop does not come round. */
  hold(ms: number): void
  /** The event loop comes round. */
  beat(): void
  readonly beating: () => boolean
}

async function stage(): Promise<Stage> {
  const clock = new VirtualClock()
  let lateMs = 0
  let beat: (() => void) | undefined
  const turns: Turns = {
    later: systemTurns.later,
    every(_periodMs, run) {
      beat = () => (run(), (lateMs = 0))
      return { lateMs: () => lateMs, stop: () => (beat = undefined) }
    },
  }
  const symphony = await createRuntime({ clock, turns })
  return {
    symphony,
    clock,
    hold: (ms) => void (clock.advance(ms), (lateMs += ms)),
    beat: () => beat?.(),
    beating: () => beat !== undefined,
    [Symbol.asyncDispose]: () => symphony.close(),
  }
}

describe('a task that holds the thread after it has awaited something', () => {
  it('is told when it ends, well or badly, by its name if it is alone', async () => {
    await using at = await stage()
    const { conductor } = at.symphony
    for (const outcome of ['succeeded', 'failed'] as const) {
      const gate = Promise.withResolvers<void>()
      const run = async (): Promise<void> => {
        await gate.promise
        at.hold(400)
        if (outcome === 'failed') throw new Error('no')
      }
      const handle = await conductor.orchestrate({ name: `heavy ${outcome}`, tasks: [{ id: 'crunch', run }] }, null, { id: outcome })
      await settle()
      gate.resolve()
      expect((await handle.ended()).state).toBe(outcome)
      at.beat()
    }
    expect(conductor.metrics().blocked).toMatchObject([
      { runId: 'succeeded', task: 'crunch', types: ['crunch'], tookMs: 400, isSuspected: true },
      { runId: 'failed', task: 'crunch', types: ['crunch'], tookMs: 400, isSuspected: true },
    ])
  })

  it('is one of those that run when the event loop comes round too late', async () => {
    await using at = await stage()
    const { conductor } = at.symphony
    const gate = Promise.withResolvers<void>()
    await conductor.orchestrate({ name: 'pair', tasks: [{ id: 'a', run: () => gate.promise }, { id: 'b', run: () => gate.promise }] })
    await settle()
    at.hold(80)
    at.beat()
    at.beat()
    expect(conductor.metrics().blocked).toMatchObject([{ runId: undefined, task: undefined, types: ['a', 'b'], tookMs: 80, isSuspected: true }])
    gate.resolve()
  })

  it('is nobody when only the clock has jumped, when the first part of a call was told already, or when nothing runs', async () => {
    await using at = await stage()
    const { conductor } = at.symphony
    const gate = Promise.withResolvers<void>()
    const waits = await conductor.orchestrate({ name: 'waits', tasks: [{ id: 'wait', run: () => gate.promise }] })
    await settle()
    at.clock.advance(86_400_000)
    at.beat()
    const crunches = await conductor.orchestrate({ name: 'crunches', tasks: [{ id: 'crunch', run: () => at.hold(90) }] }, null, { id: 'busy' })
    await crunches.ended()
    at.beat()
    expect(conductor.metrics().blocked).toMatchObject([{ runId: 'busy', task: 'crunch', tookMs: 90, isSuspected: false }])
    gate.resolve()
    await waits.ended()
    at.hold(500)
    at.beat()
    expect([conductor.metrics().blocked.length, at.beating()]).toEqual([1, false])
  })
})
