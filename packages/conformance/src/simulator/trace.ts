/** What happened in a simulation as one number, and its last steps as text: two runs of a seed have the same, or something is not drawn from it. */
export class Trace {
  #hash = 0x811c9dc5
  #steps = 0
  readonly #last: string[] = []
  readonly #kept: number

  /** @param kept how many of the last steps are kept as text */
  constructor(kept = 0) {
    this.#kept = kept
  }

  get hash(): number {
    return this.#hash >>> 0
  }

  get steps(): number {
    return this.#steps
  }

  /** The last steps, oldest first. */
  get last(): readonly string[] {
    return this.#last
  }

  note(what: string): void {
    this.#steps++
    let hash = this.#hash
    for (let at = 0; at < what.length; at++) hash = Math.imul(hash ^ what.charCodeAt(at), 0x01000193)
    this.#hash = hash
    if (this.#kept === 0) return
    this.#last.push(what)
    if (this.#last.length > this.#kept) this.#last.shift()
  }
}
