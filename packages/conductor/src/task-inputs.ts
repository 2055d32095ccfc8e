import type { ArtifactRef, ArtifactStore, ErrorData, NeedOutcome, TaskInputs } from '@symphony/interface'

const outcomes = { pending: 'open', ready: 'open', running: 'open', waiting: 'open', succeeded: 'succeeded', failed: 'failed', skipped: 'skipped', cancelled: 'cancelled' } as const

/** With so few needs, looking at each is cheaper than making a map of them. */
const FEW = 16

/** The needs of one task, read when they are asked for. A failure is never read as data: it has no value, only an outcome. */
export class NeedInputs implements TaskInputs {
  readonly #needs: readonly NeedOutcome[]
  readonly #artifacts: Pick<ArtifactStore, 'getValue'>
  #byId: ReadonlyMap<string, NeedOutcome> | undefined
  #ids: readonly string[] | undefined

  constructor(needs: readonly NeedOutcome[], artifacts: Pick<ArtifactStore, 'getValue'>) {
    this.#needs = needs
    this.#artifacts = artifacts
  }

  get ids(): readonly string[] {
    this.#ids ??= this.#needs.length > FEW ? [...this.#map().keys()].sort() : sortedIds(this.#needs)
    return this.#ids
  }

  get(id: string): unknown {
    const ref = this.ref(id)
    return ref === undefined ? undefined : this.#artifacts.getValue(ref)
  }

  ref(id: string): ArtifactRef | undefined {
    return this.#need(id)?.output
  }

  outcome(id: string): ReturnType<TaskInputs['outcome']> {
    const need = this.#need(id)
    return need === undefined ? 'open' : outcomes[need.state]
  }

  error(id: string): ErrorData | undefined {
    return this.#need(id)?.error
  }

  *entries(): IterableIterator<readonly [id: string, value: unknown]> {
    for (const id of this.ids) if (this.outcome(id) === 'succeeded') yield [id, this.get(id)]
  }

  #need(id: string): NeedOutcome | undefined {
    const needs = this.#needs
    if (needs.length > FEW) return this.#map().get(id)
    for (let index = needs.length - 1; index >= 0; index--) {
      const need = needs[index] as NeedOutcome
      if (need.id === id) return need
    }
    return undefined
  }

  #map(): ReadonlyMap<string, NeedOutcome> {
    return (this.#byId ??= new Map(this.#needs.map((need) => [need.id, need])))
  }
}

/** In the order of their UTF-16 units. A few are put in their places one by one: calling the engine's sort costs more. */
function sortedIds(needs: readonly NeedOutcome[]): readonly string[] {
  const ids: string[] = []
  for (const { id } of needs) {
    let at = ids.length
    while (at > 0 && (ids[at - 1] as string) > id) at--
    if (at > 0 && ids[at - 1] === id) continue
    for (let moved = ids.length; moved > at; moved--) ids[moved] = ids[moved - 1] as string
    ids[at] = id
  }
  return ids
}
