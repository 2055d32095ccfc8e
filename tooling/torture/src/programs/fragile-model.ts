import { parentPort } from 'node:worker_threads'
import type { WorkerModel } from '@symphony/interface'

/** How a call is to end. `well` answers. */
export type Fate = 'well' | 'exit' | 'memory' | 'throw' | 'hang' | 'stuck'

/** What a thread with this model says once, so that it is told from the threads of the journal. */
export const FRAGILE = 'fragile'

/** A model that dies as it is asked to. */
export function load(): WorkerModel {
  parentPort?.postMessage(FRAGILE)
  return {
    invoke(input) {
      const { fate } = input as { readonly fate: Fate }
      if (fate === 'exit') process.exit(3)
      if (fate === 'memory') return eatMemory()
      if (fate === 'throw') setTimeout(() => {
        throw new Error('thrown where nobody catches')
      })
      while (fate === 'stuck');
      return fate === 'well' ? 'well' : new Promise(() => {})
    },
  }
}

function eatMemory(): never {
  const eaten: number[][] = []
  for (;;) eaten.push(Array.from({ length: 100_000 }, (_, index) => index))
}
