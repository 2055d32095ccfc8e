/** Powers of two above which everything is scaled back: far from the end of a double, and reached once in a hundred half-lives. */
const EXPONENT_MAX = 100
/** Steps of time in a half-life within which the factor stays the same: a power for each would cost more than it is worth. */
const STEPS = 1_024

/**
 * Forgetting without touching anything: instead of shrinking what was, what is new counts more (forward decay; Cormode,
 * Shkapenyuk, Srivastava and Xu, 2009). Sums of `amount * factor(now)` compare as if each had been halved every half-life.
 */
export class ForwardDecay {
  readonly #stepMs: number
  readonly #rescale: (scale: number) => void
  #landmarkMs: number
  #stepEndsMs: number
  #factor = 1

  /** @param rescale multiplies every stored sum; called about once in a hundred half-lives */
  constructor(halfLifeMs: number, nowMs: number, rescale: (scale: number) => void) {
    this.#stepMs = halfLifeMs / STEPS
    this.#rescale = rescale
    this.#landmarkMs = nowMs
    this.#stepEndsMs = nowMs + this.#stepMs
  }

  /** What an amount counts now. */
  factor(nowMs: number): number {
    if (nowMs < this.#stepEndsMs) return this.#factor
    const steps = Math.floor((nowMs - this.#landmarkMs) / this.#stepMs)
    const exponent = steps / STEPS
    this.#stepEndsMs = this.#landmarkMs + (steps + 1) * this.#stepMs
    if (exponent > EXPONENT_MAX) {
      // After a very long time the scale is 0: everything is forgotten, as it should be.
      this.#rescale(2 ** -exponent)
      this.#landmarkMs = nowMs
      this.#stepEndsMs = nowMs + this.#stepMs
      this.#factor = 1
    } else {
      this.#factor = 2 ** exponent
    }
    return this.#factor
  }
}
