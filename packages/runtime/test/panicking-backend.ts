import { systemTurns } from '@symphony/ports'
import type { Runtime, SupervisedHealth } from '@symphony/interface'

export type SupervisedName = 'dag' | 'pool' | 'arbitration' | 'artifacts' | 'stale'

export interface Panics {
  readonly component: SupervisedName
  /** Which of the backend's functions, how often, and whether the region has been changed by then; midway is for batches. */
  readonly of: string
  readonly every: number
  readonly when: 'before' | 'midway' | 'after'
  /** No more than so many. */
  readonly most: number
}

/** A backend that throws at every so many-th call of one of its functions, and is attached again whenever the component was restored. */
export class PanickingBackend {
  readonly #panics: Panics
  #calls = 0
  #thrown = 0
  #isOver = false
  /** Restorations of the component when it was attached last. */
  #seen = -1

  constructor(panics: Panics) {
    this.#panics = panics
  }

  get thrown(): number {
    return this.#thrown
  }

  get calls(): number {
    return this.#calls
  }

  attach(symphony: Runtime): void {
    this.renew(symphony)
    this.#again(symphony)
  }

  /** Attaches it, at first and whenever the component was restored since. */
  renew(symphony: Runtime): void {
    const { restorations, status } = healthOf(symphony, this.#panics.component)
    if (status === 'quarantined' || restorations === this.#seen) return
    this.#seen = restorations
    this.#swap(symphony)
  }

  detach(): void {
    this.#isOver = true
  }

  #again(symphony: Runtime): void {
    systemTurns.later(() => {
      if (this.#isOver) return
      this.renew(symphony)
      this.#again(symphony)
    })
  }

  /** The component's own backend is the last that a maker is given. */
  #swap(symphony: Runtime): void {
    symphony.swapBackend(this.#panics.component, (...given: readonly object[]) => this.#bend(given.at(-1) as object))
  }

  #bend(own: object): object {
    const { of, every, when, most } = this.#panics
    return new Proxy(own, {
      get: (target, key) => {
        const value = target[key as keyof object] as unknown
        if (typeof value !== 'function') return value
        const call = value as (...args: readonly unknown[]) => unknown
        if (key !== of) return call.bind(target)
        return (...args: readonly unknown[]): unknown => {
          this.#calls++
          // What a test looks at in the end is not what it tests.
          if (this.#isOver || this.#calls % every !== 0 || this.#thrown === most) return call.apply(target, [...args])
          this.#thrown++
          if (when === 'after') call.apply(target, [...args])
          // The third of a batch is how many there are.
          if (when === 'midway') call.apply(target, args.map((arg, place) => (place === 2 ? (arg as number) >> 1 : arg)))
          throw new Error(`the backend panics at call ${this.#calls} of ${of}`)
        }
      },
    })
  }
}

export function healthOf(symphony: Runtime, component: SupervisedName): SupervisedHealth {
  return symphony.health().components.find((health) => health.component === `@symphony/${component}`) as SupervisedHealth
}
