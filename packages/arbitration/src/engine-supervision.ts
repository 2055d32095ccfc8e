import type { Supervised, SymphonyError } from '@symphony/interface'
import { ChangeGuard } from '@symphony/shared-memory'
import type { Backend } from './backend.ts'
import { typescriptBackend } from './hot-path.ts'
import type { ArbitrationBackend } from './hot-path.ts'
import { COMPONENT } from './init.ts'
import { InvariantCheck } from './invariants.ts'

/** What lets an engine that has failed inside be found out. One thread writes: only what throws can leave it in the middle of a change. */
export class EngineSupervision implements Pick<Supervised, 'onPanic' | 'checkInvariants' | 'quarantine'> {
  readonly guard: ChangeGuard
  readonly #backendNow: () => Backend
  readonly #invariants = new InvariantCheck()

  constructor(backendNow: () => Backend) {
    this.guard = new ChangeGuard(backendNow().region, { component: COMPONENT, who: 'The arbitration engine' })
    this.#backendNow = backendNow
  }

  onPanic(listener: (error: SymphonyError) => void): () => void {
    return this.guard.onPanic(listener)
  }

  checkInvariants(parts: number): string | undefined {
    if (this.guard.panic !== undefined) return undefined
    const problem = this.#invariants.look(this.#backendNow(), parts)
    if (problem !== undefined) this.quarantine(`what must always hold does not: ${problem}`)
    return problem
  }

  quarantine(reason: string): void {
    this.guard.fail(reason)
  }

  /** @throws SymphonyError `INVALID_ARGUMENT`, `BACKEND_PANIC` */
  attach(make: ArbitrationBackend | ((own: ArbitrationBackend) => ArbitrationBackend)): void {
    this.#backendNow().hot = this.guard.backendFrom(make, typescriptBackend)
  }
}
