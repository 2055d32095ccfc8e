import type { Turns } from '@symphony/interface'

/** The event loop's own turns. */
export const systemTurns: Turns = {
  later: (run) => void setImmediate(run),
}
