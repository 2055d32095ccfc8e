/** Xorshift, 32 bits (Marsaglia 2003): fast, and the same everywhere. */
export class Chance {
  #state: number

  constructor(seed: number) {
    this.#state = (Math.imul(seed + 1, 0x9e3779b1) | 0) || 1
  }

  below(limit: number): number {
    let state = this.#state
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    this.#state = state
    return (state >>> 0) % limit
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T
  }

  /** In order, each with one chance in `of`. */
  some<T>(list: readonly T[], of: number): T[] {
    return list.filter(() => this.below(of) === 0)
  }
}
