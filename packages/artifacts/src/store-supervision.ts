import type { Supervised, SymphonyError } from '@symphony/interface'
import type { ArtifactCore } from './artifact-core.ts'
import { typescriptBackend } from './artifacts-backend.ts'
import type { ArtifactsBackend } from './artifacts-backend.ts'
import { invalid } from './failures.ts'
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
    this.#core.guard.check()
    const backend = typeof make === 'function' ? make(typescriptBackend) : make
    const names = Object.keys(typescriptBackend) as (keyof ArtifactsBackend)[]
    const missing = names.find((name) => typeof backend?.[name] !== typeof typescriptBackend[name])
    if (missing !== undefined) throw invalid(`A backend of the artifact store has "${missing}"; begin with the store's own, which a function is given.`)
    this.#core.backend = backend
  }
}
