import { SimulatedFileSystem } from '@symphony/conformance/simulator'
import type { Supervised, Turns, WorkflowSpec } from '@symphony/interface'
import { systemTurns, VirtualClock } from '@symphony/ports'
import { createRuntime } from '@symphony/runtime'
import { expect, it } from 'vitest'
import { runThroughTime, settle } from './virtual-time.ts'

/** Turns that a test can keep from coming. */
class HeldTurns implements Turns {
  #kept: (() => void)[] | undefined

  later(run: () => void): void {
    if (this.#kept === undefined) systemTurns.later(run)
    else this.#kept.push(run)
  }

  hold(): void {
    this.#kept = []
  }

  release(): void {
    const kept = this.#kept ?? []
    this.#kept = undefined
    for (const run of kept) systemTurns.later(run)
  }
}

it('a time limit that is over while the tracker is being restored is seen when it is there again, and throws where nobody listens in no case', async () => {
  const clock = new VirtualClock()
  const turns = new HeldTurns()
  const slow: WorkflowSpec = { name: 'slow', tasks: [{ id: 'a', run: () => new Promise(() => {}), timeoutMs: 1_000, allowFailure: true }, { id: 'b', run: () => new Promise((resolve) => void clock.schedule(3_000, () => resolve(1))), idleTimeoutMs: 2_000 }] }
  await using symphony = await createRuntime({ clock, turns, folder: '/state', fileSystem: new SimulatedFileSystem(), workflows: [slow] })
  const run = await symphony.conductor.orchestrate(slow)
  await settle()
  turns.hold()
  ;(symphony.dag as unknown as Supervised).quarantine('for a test')
  clock.advance(2_500)
  turns.release()
  await settle(10)
  await runThroughTime(clock, () => run.state().state !== 'running')
  expect(symphony.dag.tasks(run.id).map(({ id, state, error }) => [id, state, error?.code])).toEqual([['a', 'failed', 'TIMEOUT'], ['b', 'failed', 'TIMEOUT']])
})
