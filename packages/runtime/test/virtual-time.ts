import type { VirtualClock } from '@symphony/ports'

/** Lets everything happen that can happen without time passing: microtasks, and turns of the event loop. */
export async function settle(turns = 3): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/**
 * Goes from one timer of the clock to the next, settling in between, until there is none or `isOver` says so.
 * @returns how many moments there were
 */
export async function runThroughTime(clock: VirtualClock, isOver: () => boolean = () => false, turns = 3): Promise<number> {
  let moments = 0
  for (await settle(turns); !isOver() && clock.advanceToNext(); await settle(turns)) moments++
  return moments
}
