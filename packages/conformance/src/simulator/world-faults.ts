import type { CallFaults } from './call-faults.ts'
import { HONEST_CUT } from './fault-plan.ts'
import type { CutWeights } from './fault-plan.ts'

/** What happens to the processes of a simulation, to their disk and to the functions they call, while faults are on. */
export interface WorldFaults {
  /** Processes that die, at most. Default: 3. */
  readonly crashes?: number
  /** Chance that a death is one of the whole machine: what was not forced is in danger. Default: 0.6. */
  readonly powerCuts?: number
  /** What a power cut leaves of what was not forced. Default: anything an honest device may leave. */
  readonly cut?: CutWeights
  /** Chance that a process meets a disk that refuses an operation, or all from then on. Default: 0.3. */
  readonly refusals?: number
  /** Chance that an operation of the disk takes two seconds. Default: 0.002. */
  readonly slow?: number
  /** Chance that a bit of the disk has flipped when a process begins. Default: 0; it takes a simulation that says what then has to happen. */
  readonly rot?: number
  /** Chance that a power cut may leave writes at another place of their file, over whatever was there. As for `rot`. */
  readonly misdirected?: number
  /** Chance that while a process lives, and as often between two, the wall's clock is set, back or forward, by seconds to hours. Default: 0. */
  readonly clockJumps?: number
  /** Chance that a process stands still as a whole once, for seconds to hours: whoever is stopped, or moved to another machine. Default: 0. */
  readonly standstills?: number
  readonly calls?: CallFaults
}

export const CALL_FAULTS: Required<CallFaults> = { fails: 0.05, failsAfter: 0.05, hangs: 0.08, late: 0.12, slow: 0.1, twice: 0.05 }

export function checkedFaults(faults: WorldFaults | undefined): Required<WorldFaults> {
  return { crashes: 3, powerCuts: 0.6, cut: HONEST_CUT, refusals: 0.3, slow: 0.002, rot: 0, misdirected: 0, clockJumps: 0, standstills: 0, calls: CALL_FAULTS, ...faults }
}
