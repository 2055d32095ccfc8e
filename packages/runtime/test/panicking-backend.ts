import type { DagBackend } from '@symphony/dag'
import { systemTurns } from '@symphony/ports'
import type { Runtime } from '@symphony/interface'

export interface Panics {
  /** Which of the backend's functions, how often, and whether the region has been changed by then. */
  readonly of: Exclude<keyof DagBackend, 'name'>
  readonly every: number
  readonly when: 'before' | 'after'
  /** No more than so many. */
  readonly most: number
}

/** A backend that throws at every so many-th call of one of its functions, and is attached again whenever the tracker was restored. */
export class PanickingBackend {
  readonly #panics: Panics
  #calls = 0
  #thrown = 0
  #isOver = false

  constructor(panics: Panics) {
    this.#panics = panics
  }

  get thrown(): number {
    return this.#thrown
  }

  get calls(): number {
    return this.#calls
  }

  make(own: DagBackend): DagBackend {
    const { of, every, when, most } = this.#panics
    const call = own[of] as (...args: unknown[]) => unknown
    const bent = (...args: unknown[]): unknown => {
      this.#calls++
      if (this.#calls % every !== 0 || this.#thrown === most) return call(...args)
      this.#thrown++
      if (when === 'after') call(...args)
      throw new Error(`the backend panics at call ${this.#calls} of ${of}`)
    }
    return { ...own, name: 'panicking', [of]: bent } as DagBackend
  }

  attach(symphony: Runtime): void {
    symphony.swapBackend('dag', (own: DagBackend) => this.make(own))
    this.#again(symphony, 0)
  }

  detach(): void {
    this.#isOver = true
  }

  #again(symphony: Runtime, seen: number): void {
    systemTurns.later(() => {
      if (this.#isOver) return
      const dag = symphony.health().components.find(({ component }) => component === '@symphony/dag')
      const restorations = dag?.restorations ?? 0
      if (restorations > seen && dag?.status !== 'quarantined') symphony.swapBackend('dag', (own: DagBackend) => this.make(own))
      this.#again(symphony, dag?.status === 'quarantined' ? seen : restorations)
    })
  }
}
