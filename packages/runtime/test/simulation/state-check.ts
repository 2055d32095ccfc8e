import type { Simulation } from '@symphony/conformance/simulator'
import type { FileSystem, Random, Runtime } from '@symphony/interface'
import { seededRandom } from '@symphony/ports'
import { digestOf, rebuiltState } from './rebuilt-state.ts'
import type { Digest } from './rebuilt-state.ts'

/** How often the state of a process that lives is kept to be compared. What is durable is more likely to be what the next one finds. */
const KEPT_DURABLE = 0.4
const KEPT_OTHER = 0.02

/** Compares what a process had in its tables with what its log comes to, by the records both have seen. */
export class StateCheck {
  readonly #random: Random
  #live = new Map<number, Digest>()
  /** The last record, negative while it was not durable. */
  #seen = 0
  /** Comparisons, by how the state was rebuilt. */
  readonly counts = { 'state-from-log': 0, 'state-from-checkpoint-and-log': 0 }

  constructor(seed: number) {
    this.#random = seededRandom(seed + 77)
  }

  stepped(runtime: Runtime): void {
    const lsn = runtime.journal?.lastLsn ?? 0
    const isDurable = runtime.journal?.durableLsn === lsn
    const seen = isDurable ? lsn : -lsn
    if (seen === this.#seen) return
    this.#seen = seen
    if (this.#random.next() < (isDurable ? KEPT_DURABLE : KEPT_OTHER)) this.#live.set(lsn, digestOf(runtime))
  }

  /** A process is about to recover. */
  async born(files: FileSystem, oracle: Simulation['oracle']): Promise<void> {
    this.#seen = 0
    const live = this.#live
    this.#live = new Map()
    if (live.size === 0) return
    const rebuilt = await rebuiltState(files, '/state')
    if (rebuilt === undefined) return
    const former = live.get(rebuilt.lsn)
    // Records that were lost get their numbers again.
    this.#live = new Map([...live].filter(([lsn]) => lsn <= rebuilt.lsn))
    if (former === undefined) return
    this.counts[rebuilt.checkpointLsn === 0 ? 'state-from-log' : 'state-from-checkpoint-and-log']++
    for (const part of ['dag', 'artifacts', 'arbitration'] as const) {
      if (former[part] !== rebuilt.digest[part]) oracle.violated(`at record ${rebuilt.lsn}, ${part} rebuilt from checkpoint ${rebuilt.checkpointLsn} is not what it was`)
    }
  }
}
