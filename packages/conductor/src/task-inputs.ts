import type { ArtifactRef, ArtifactStore, ErrorData, NeedOutcome, TaskInputs } from '@symphony/interface'

const outcomes = { pending: 'open', ready: 'open', running: 'open', waiting: 'open', succeeded: 'succeeded', failed: 'failed', skipped: 'skipped', cancelled: 'cancelled' } as const

/** The needs of one task, read when they are asked for. A failure is never read as data: it has no value, only an outcome. */
export class NeedInputs implements TaskInputs {
  readonly #needs: ReadonlyMap<string, NeedOutcome>
  readonly #artifacts: Pick<ArtifactStore, 'get' | 'getJson' | 'head'>
  #ids: readonly string[] | undefined

  constructor(needs: readonly NeedOutcome[], artifacts: Pick<ArtifactStore, 'get' | 'getJson' | 'head'>) {
    this.#needs = new Map(needs.map((need) => [need.id, need]))
    this.#artifacts = artifacts
  }

  get ids(): readonly string[] {
    this.#ids ??= [...this.#needs.keys()].sort()
    return this.#ids
  }

  get(id: string): unknown {
    const ref = this.ref(id)
    return ref === undefined ? undefined : readValue(this.#artifacts, ref)
  }

  ref(id: string): ArtifactRef | undefined {
    return this.#needs.get(id)?.output
  }

  outcome(id: string): ReturnType<TaskInputs['outcome']> {
    const need = this.#needs.get(id)
    return need === undefined ? 'open' : outcomes[need.state]
  }

  error(id: string): ErrorData | undefined {
    return this.#needs.get(id)?.error
  }

  *entries(): IterableIterator<readonly [id: string, value: unknown]> {
    for (const id of this.ids) if (this.outcome(id) === 'succeeded') yield [id, this.get(id)]
  }
}

/** What a task left, as the value it returned: JSON parsed, anything else as bytes. */
export function readValue(artifacts: Pick<ArtifactStore, 'get' | 'getJson' | 'head'>, ref: ArtifactRef): unknown {
  return artifacts.head(ref)?.mediaType === 'application/json' ? artifacts.getJson(ref) : artifacts.get(ref)
}
