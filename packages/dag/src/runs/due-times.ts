/**
 * Keys by the time they are due, first one first; ties by key, so that the order is the same everywhere. A binary heap in which
 * what was moved or removed is found out when it comes up: moving a time is the common case (a debounce does nothing else).
 */
export class DueTimes<K extends number | string> {
  readonly #times = new Map<K, number>()
  #heap: (readonly [atMs: number, key: K])[] = []

  /** Adds a key, or moves it. */
  set(key: K, atMs: number): void {
    this.#times.set(key, atMs)
    // Entries nobody means any more are swept before they outnumber the others.
    if (this.#heap.length > this.#times.size * 2 + 64) this.#sweep()
    else this.#push([atMs, key])
  }

  delete(key: K): void {
    this.#times.delete(key)
  }

  clear(): void {
    this.#times.clear()
    this.#heap = []
  }

  /** The earliest time, or undefined. */
  firstMs(): number | undefined {
    return this.#first()?.[0]
  }

  /** The key that is due first, if it is due by then. It stays until it is moved or deleted. */
  due(nowMs: number): K | undefined {
    const first = this.#first()
    return first === undefined || first[0] > nowMs ? undefined : first[1]
  }

  #first(): readonly [number, K] | undefined {
    for (;;) {
      const first = this.#heap[0]
      if (first === undefined || this.#times.get(first[1]) === first[0]) return first
      this.#pop()
    }
  }

  #sweep(): void {
    this.#heap = Array.from(this.#times, ([key, atMs]) => [atMs, key] as const).sort((a, b) => (isBefore(a, b) ? -1 : 1))
  }

  #push(entry: readonly [number, K]): void {
    let at = this.#heap.push(entry) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!isBefore(entry, this.#heap[parent] as readonly [number, K])) break
      this.#heap[at] = this.#heap[parent] as readonly [number, K]
      at = parent
    }
    this.#heap[at] = entry
  }

  #pop(): void {
    const last = this.#heap.pop()
    if (last === undefined || this.#heap.length === 0) return
    let at = 0
    for (;;) {
      let child = at * 2 + 1
      if (child >= this.#heap.length) break
      const right = this.#heap[child + 1]
      if (right !== undefined && isBefore(right, this.#heap[child] as readonly [number, K])) child++
      if (!isBefore(this.#heap[child] as readonly [number, K], last)) break
      this.#heap[at] = this.#heap[child] as readonly [number, K]
      at = child
    }
    this.#heap[at] = last
  }
}

function isBefore(a: readonly [number, number | string], b: readonly [number, number | string]): boolean {
  return a[0] < b[0] || (a[0] === b[0] && a[1] < b[1])
}
