import type { Clock, StaleManager } from '@symphony/interface'
import type { Maker } from './suite.ts'

/** A clock that moves when it is told to; `VirtualClock` of `@symphony/ports` is one. */
interface MovableClock extends Clock {
  advance(byMs: number): void
}

/** What the cases ask of `create`: the manager, and `surroundings.clock`, movable by `advance`. Options are an init: `watchesMax`. */
export interface Stage {
  readonly stale: StaleManager
  readonly clock: MovableClock
  /** What was told so far: ids in order, with the time of the clock. */
  readonly told: { readonly id: number; readonly latenessMs: number; readonly atMs: number }[]
}

export const KIND = 'entity'
export const BUDGET_MS = 1_000

export async function stage(make: Maker<StaleManager>, options?: Readonly<Record<string, unknown>>): Promise<Stage> {
  const { component: stale, surroundings } = await make(options)
  const clock = surroundings['clock'] as MovableClock
  const told: Stage['told'] = []
  stale.onExpire(KIND, (id, latenessMs) => told.push({ id, latenessMs, atMs: clock.monotonicMs() }))
  return { stale, clock, told }
}

export const ids = ({ told }: Stage): number[] => told.map(({ id }) => id)
