import { REQUEST_WORD, REQUEST_WORDS } from './layout.ts'

/**
 * Finds the row of a live ticket: chains of rows with equal low bits, in columns. Tickets rise by one, so a chain is longer
 * than one row only while something waits for as many tickets as there are heads.
 */
export class TicketIndex {
  readonly #heads: Int32Array
  readonly #chain: Int32Array
  readonly #words: Float64Array
  readonly #mask: number

  /** @param heads a power of two of entries, zeroed; @param words of requests */
  constructor(heads: Int32Array, chain: Int32Array, words: Float64Array) {
    this.#heads = heads
    this.#mask = heads.length - 1
    this.#chain = chain
    this.#words = words
  }

  add(row: number): void {
    const head = this.#headOf(this.#ticketOf(row))
    this.#chain[row] = this.#heads[head] as number
    this.#heads[head] = row + 1
  }

  /** The row, or -1. */
  find(ticket: number): number {
    let link = this.#heads[this.#headOf(ticket)] as number
    while (link !== 0 && this.#ticketOf(link - 1) !== ticket) link = this.#chain[link - 1] as number
    return link - 1
  }

  remove(row: number): void {
    const head = this.#headOf(this.#ticketOf(row))
    let link = this.#heads[head] as number
    if (link === row + 1) {
      this.#heads[head] = this.#chain[row] as number
      return
    }
    while (link !== 0) {
      const next = this.#chain[link - 1] as number
      if (next === row + 1) {
        this.#chain[link - 1] = this.#chain[row] as number
        return
      }
      link = next
    }
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
