import { RUN_STATES } from '@symphony/interface'
import type { Supervised, SymphonyError } from '@symphony/interface'
import { typescriptBackend } from '../dag-backend.ts'
import type { DagBackend } from '../dag-backend.ts'
import { InvariantCheck } from '../invariants.ts'
import { handBack, wipe } from '../restoration.ts'
import type { Kept } from '../restoration.ts'
import type { DagState, RunData } from '../state.ts'
import { ManagedRuns } from './managed-runs.ts'
import type { TrackerParts } from './parts.ts'

/** What lets a tracker that has failed inside be found out and set up anew. */
export class SupervisedRuns extends ManagedRuns implements Supervised {
  readonly #parts: TrackerParts
  readonly #state: DagState
  readonly #invariants: InvariantCheck
  /** From `reset` to `afterRecovery`. */
  #kept: Kept | undefined

  constructor(parts: TrackerParts) {
    super(parts)
    this.#parts = parts
    this.#state = parts.state
    this.#invariants = new InvariantCheck(parts.state)
  }

  onPanic(listener: (error: SymphonyError) => void): () => void {
    return this.#state.guard.onPanic(listener)
  }

  checkInvariants(parts: number): string | undefined {
    const problem = this.#state.guard.panic === undefined ? this.#invariants.look(parts) : undefined
    if (problem !== undefined) this.quarantine(`what must always hold does not: ${problem}`)
    return problem
  }

  writeMark(): number {
    return this.#state.guard.mark
  }

  quarantine(reason: string): void {
    this.#state.guard.fail(reason)
  }

  reset(): void {
    const t = this.#state.tables
    const untold = new Set(t.endedRuns)
    const isTold = ({ row }: RunData): boolean => this.#parts.history.has(row) && (t.runDurableState[row] as number) >= RUN_STATES.SUCCEEDED && !untold.has(row)
    // When rebuilding fails on the way, what was kept before the first try counts.
    const kept = wipe(this.#state, isTold)
    this.#kept ??= kept
  }

  /**
   * Has changes made by another backend from now on, over the same bytes. When that one refuses, the former one goes on.
   * @param make is given the tracker's own, to change some of it
   * @throws SymphonyError `INVALID_ARGUMENT`, `BACKEND_PANIC`, and what the backend throws when it attaches (`LAYOUT_MISMATCH`)
   */
  attachBackend(make: DagBackend | ((own: DagBackend) => DagBackend)): void {
    this.#state.tables.use(this.#state.guard.backendFrom(make, typescriptBackend))
  }

  /** The state is rebuilt: who had a hand in the former one has it in this, and hears what it has missed. */
  protected handBack(): void {
    const kept = this.#kept
    this.#kept = undefined
    if (kept === undefined) return
    this.rebuiltStreams()
    this.#parts.announcer.rebuilt(handBack(this.#state, kept), this.#parts.clock.nowMs())
  }
}
