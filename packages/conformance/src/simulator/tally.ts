/** Counts things by their names. */
export class Tally {
  readonly #counts = new Map<string, number>()

  count(what: string, by = 1): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + by)
  }

  of(what: string): number {
    return this.#counts.get(what) ?? 0
  }

  add(counts: Readonly<Record<string, number>>): void {
    for (const [what, by] of Object.entries(counts)) this.count(what, by)
  }

  /** In the order of their names. */
  toRecord(): Record<string, number> {
    return Object.fromEntries([...this.#counts].sort(([a], [b]) => (a < b ? -1 : 1)))
  }
}
