import type { LoadedModel, ModelSpec } from '@symphony/interface'
import type { Stage } from '../random-workflows.ts'
import { ECHO_INSTANCES, ECHO_SLOTS } from './small-kernel.ts'

/** A model that answers after 3 ms with what it was asked, and looks at how it is treated: no more calls than slots, none once it was unloaded. */
export function watchedModel(stage: Stage, isClosing: () => boolean): ModelSpec {
  const load = (): LoadedModel => {
    let running = 0
    let isLoaded = true
    return {
      invoke(input) {
        if (!isLoaded) stage.leaks.push('a model was called after it was unloaded')
        if (++running > ECHO_SLOTS) stage.leaks.push(`${running} calls at once of a model with ${ECHO_SLOTS} slots`)
        return new Promise((resolve) => void stage.clock.schedule(3, () => {
          running--
          resolve(input)
        }))
      },
      unload() {
        // What closes does not wait for calls.
        if (running > 0 && !isClosing()) stage.leaks.push(`a model was unloaded under ${running} calls`)
        isLoaded = false
      },
    }
  }
  return { id: 'echo', runner: { kind: 'watched', load }, instancesMax: ECHO_INSTANCES, slotsPerInstance: ECHO_SLOTS, idleMs: 40 }
}
