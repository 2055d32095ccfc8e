import type { LoadContext, LoadedModel, ModelSpec, Random } from '@symphony/interface'
import type { Stage } from '../random-workflows.ts'
import { ECHO_INSTANCES, ECHO_SLOTS } from './small-kernel.ts'

/** What may happen to an instance, and who is told that it did. */
export interface ModelFaults {
  readonly random: Random
  /** Chance that an instance dies under a call, and with it all others it has. */
  readonly dies: number
  /** Chance that a call does not answer before it is given up. */
  readonly hangs: number
  count(what: 'model-dies' | 'model-hangs'): void
}

/**
 * A model that answers after 3 ms with what it was asked, and looks at how it is treated: no more calls than slots, none once it was unloaded
 * or has died.
 */
export function watchedModel(stage: Stage, isClosing: () => boolean, faults: ModelFaults): ModelSpec {
  const load = (context: LoadContext): LoadedModel => {
    const running = new Set<(reason: Error) => void>()
    let isLoaded = true
    const die = (): void => {
      if (!isLoaded) return
      isLoaded = false
      const reason = new Error('the instance has died')
      for (const reject of running) reject(reason)
      running.clear()
      context.fail?.(reason)
    }
    return {
      invoke(input, { signal }) {
        if (!isLoaded) stage.leaks.push('a model was called after it was unloaded or had died')
        if (running.size >= ECHO_SLOTS) stage.leaks.push(`${running.size + 1} calls at once of a model with ${ECHO_SLOTS} slots`)
        return new Promise((resolve, reject) => {
          running.add(reject)
          const drawn = faults.random.next()
          if (drawn < faults.dies) {
            faults.count('model-dies')
            return void stage.clock.schedule(1, die)
          }
          const end = (): void => void (running.delete(reject) && resolve(input))
          if (drawn - faults.dies >= faults.hangs) return void stage.clock.schedule(3, end)
          faults.count('model-hangs')
          signal.addEventListener('abort', end)
        })
      },
      unload() {
        // What closes does not wait for calls.
        if (running.size > 0 && !isClosing()) stage.leaks.push(`a model was unloaded under ${running.size} calls`)
        isLoaded = false
      },
    }
  }
  return { id: 'echo', runner: { kind: 'watched', load }, instancesMax: ECHO_INSTANCES, slotsPerInstance: ECHO_SLOTS, idleMs: 40 }
}
