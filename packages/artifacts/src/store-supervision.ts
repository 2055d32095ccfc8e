import type { Supervised, SymphonyError } from '@symphony/interface'
import type { ArtifactCore } from './artifact-core.ts'
import { typescriptBackend } from './artifacts-backend.ts'
import type { ArtifactsBackend } from './artifacts-backend.ts'
import { InvariantCheck } from './invariants.ts'

/** What lets a store that has failed inside be found out. */
export class StoreSupervision implements Pick<Supervised, 'onPanic' | 'checkInvariants' | 'quarantine'> {
  readonly #core: ArtifactCore
  readonly #invariants: InvariantCheck

  constructor(core: ArtifactCore) {
    this.#core = core
    this.#invariants = new InvariantCheck(core.state)
  }

  onPanic(listener: (error: SymphonyError) => void): () => void {
    return this.#core.guard.onPanic(listener)
  }

  checkInvariants(parts: number): string | undefined {
    const problem = this.#core.guard.panic === undefined ? this.#invariants.look(parts) : undefined
    if (problem !== undefined) this.quarantine(`what must always hold does not: ${problem}`)
    return problem
  }

  quarantine(reason: string): void {
    this.#core.guard.fail(reason)
  }

  /** @throws SymphonyError `INVALID_ARGUMENT`, `BACKEND_PANIC` */
  attach(make: ArtifactsBackend | ((own: ArtifactsBackend) => ArtifactsBackend)): void {
    this.#core.backend = this.#core.guard.backendFrom(make, typescriptBackend)
  }
}
