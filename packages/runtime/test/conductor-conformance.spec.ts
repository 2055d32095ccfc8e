import { describe, it } from 'vitest'
import { conductorSuite, declareSuite } from '@symphony/conformance'
import type { ModelSpec } from '@symphony/interface'
import { functionRunner } from '@symphony/models'
import { VirtualClock } from '@symphony/ports'
import { createRuntime } from '@symphony/runtime'
import type { RuntimeConfig } from '@symphony/runtime'

declareSuite({ describe, it }, conductorSuite, {
  supports: { sharedRegion: false, replayable: false, multiThreaded: false, features: { policies: true, resultReuse: true } },
  async create({ models, slots, ...options }) {
    const clock = new VirtualClock()
    const specs = Object.entries((models ?? {}) as Record<string, (input: never) => unknown>).map(([id, run]): ModelSpec => ({
      id,
      runner: functionRunner(run as never),
      slotsPerInstance: (slots as Record<string, number> | undefined)?.[id] ?? 1,
    }))
    const runtime = await createRuntime({ clock, models: specs, ...(options as RuntimeConfig) })
    // Microtasks and turns: nothing here waits for real time.
    const settle = async (): Promise<void> => {
      for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve))
    }
    return { component: runtime.conductor, surroundings: { runtime, clock, settle }, dispose: () => runtime.close() }
  },
})
