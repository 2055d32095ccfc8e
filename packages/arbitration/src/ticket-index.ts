import { DECISION_WORD, DECISION_WORDS, REQUEST_WORD, REQUEST_WORDS } from './layout.ts'

/**
 * Finds what a live ticket is about: a chain of rows with equal low bits, in columns, or the decision of a grant without a row, which
 * has its place alone. Tickets rise by one, so a chain is longer than one row only while something waits for as many tickets as
 * there are places.
 */
export class TicketIndex {
  readonly #heads: Int32Array
  readonly #chain: Int32Array
  readonly #words: Float64Array
  readonly #decisions: Float64Array
  readonly #mask: number

  /** @param heads a power of two of entries, zeroed; @param words of requests; @param decisions words of the ring */
  constructor(heads: Int32Array, chain: Int32Array, words: Float64Array, decisions: Float64Array) {
    this.#heads = heads
    this.#mask = heads.length - 1
    this.#chain = chain
    this.#words = words
    this.#decisions = decisions
  }

  /** Its place must not be that of a grant without a row. */
  add(row: number): void {
    const head = this.#headOf(this.#ticketOf(row))
    this.#chain[row] = this.#heads[head] as number
    this.#heads[head] = row + 1
  }

  /** The row, or -1. */
  find(ticket: number): number {
    let link = this.#heads[this.#headOf(ticket)] as number
    while (link > 0 && this.#ticketOf(link - 1) !== ticket) link = this.#chain[link - 1] as number
    return link > 0 ? link - 1 : -1
  }

  remove(row: number): void {
    const head = this.#headOf(this.#ticketOf(row))
    let link = this.#heads[head] as number
    if (link === row + 1) {
      this.#heads[head] = this.#chain[row] as number
      return
    }
    while (link > 0) {
      const next = this.#chain[link - 1] as number
      if (next === row + 1) {
        this.#chain[link - 1] = this.#chain[row] as number
        return
      }
      link = next
    }
  }

  /** Slot of the decision of a grant that has no row, or -1. */
  slotOf(ticket: number): number {
    const slot = this.slotAt(ticket)
    return slot >= 0 && this.#decisions[slot * DECISION_WORDS + DECISION_WORD.TICKET] === ticket ? slot : -1
  }

  /** The same for whatever ticket has the place of this one. */
  slotAt(ticket: number): number {
    return -1 - Math.min(0, this.#heads[this.#headOf(ticket)] as number)
  }

  /** Puts the decision of a grant that has no row in its ticket's place. False when somebody is there. */
  place(ticket: number, slot: number): boolean {
    const head = this.#headOf(ticket)
    if (this.#heads[head] !== 0) return false
    this.#heads[head] = -1 - slot
    return true
  }

  /** Empties the place of a grant that has no row, or has one from now on. */
  vacate(ticket: number): void {
    this.#heads[this.#headOf(ticket)] = 0
  }

  clear(): void {
    this.#heads.fill(0)
  }

  #ticketOf(row: number): number {
    return this.#words[row * REQUEST_WORDS + REQUEST_WORD.TICKET] as number
  }

  #headOf(ticket: number): number {
    // The bitwise operator takes a number modulo 2^32, which keeps the low bits of any ticket.
    return ticket & this.#mask
  }
}
