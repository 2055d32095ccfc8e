const WIDTH_BITS = 2

/**
 * A 4-ary heap of row numbers that knows where each row is, so that any row can be taken out or moved in logarithmic time.
 *
 * A row goes before another if its first key is less, or, that being equal, its second. Keys lie beside the rows in the heap,
 * not behind them in columns: comparing four children reads two stretches of memory instead of eight places. Places are kept
 * in a column.
 */
export class KeyedHeap {
  #rows: Int32Array = new Int32Array(4)
  #first: Float64Array = new Float64Array(4)
  #second: Float64Array = new Float64Array(4)
  #size = 0
  readonly #places: Int32Array

  /** @param places a column that belongs to the heap while a row is in it */
  constructor(places: Int32Array) {
    this.#places = places
  }

  get size(): number {
    return this.#size
  }

  /** The first row, or -1. */
  peek(): number {
    return this.#size === 0 ? -1 : (this.#rows[0] as number)
  }

  /** The row that would be first without the first one, or -1. */
  runnerUp(): number {
    return this.#size < 2 ? -1 : (this.#rows[this.#leastChild(0)] as number)
  }

  push(row: number, first: number, second: number): void {
    if (this.#size === this.#rows.length) this.#grow()
    this.#rise(this.#size++, row, first, second)
  }

  remove(row: number): void {
    const place = this.#places[row] as number
    const last = --this.#size
    if (place !== last) this.#settle(place, this.#rows[last] as number, this.#first[last] as number, this.#second[last] as number)
  }

  /** Gives a row new keys, and the place that goes with them. */
  update(row: number, first: number, second: number): void {
    this.#settle(this.#places[row] as number, row, first, second)
  }

  /** The rows in their order, as a copy. */
  sorted(): Int32Array {
    const keyed = Array.from({ length: this.#size }, (_, place) => place)
    keyed.sort((a, b) => (this.#first[a] as number) - (this.#first[b] as number) || (this.#second[a] as number) - (this.#second[b] as number))
    return Int32Array.from(keyed, (place) => this.#rows[place] as number)
  }

  /** Multiplies all first keys by a number that is not negative. Their order stays, but for those that become equal. */
  scaleFirst(scale: number): void {
    for (let place = 0; place < this.#size; place++) this.#first[place]! *= scale
    for (let place = this.#size - 1; place >= 0; place--) {
      this.#sink(place, this.#rows[place] as number, this.#first[place] as number, this.#second[place] as number)
    }
  }

  clear(): void {
    this.#size = 0
  }

  #grow(): void {
    const length = this.#size * 2
    const [rows, first, second] = [new Int32Array(length), new Float64Array(length), new Float64Array(length)]
    rows.set(this.#rows)
    first.set(this.#first)
    second.set(this.#second)
    this.#rows = rows
    this.#first = first
    this.#second = second
  }

  #settle(place: number, row: number, first: number, second: number): void {
    if (place > 0 && this.#isBefore(first, second, (place - 1) >> WIDTH_BITS)) this.#rise(place, row, first, second)
    else this.#sink(place, row, first, second)
  }

  #rise(from: number, row: number, first: number, second: number): void {
    let place = from
    while (place > 0) {
      const parent = (place - 1) >> WIDTH_BITS
      if (!this.#isBefore(first, second, parent)) break
      this.#put(place, this.#rows[parent] as number, this.#first[parent] as number, this.#second[parent] as number)
      place = parent
    }
    this.#put(place, row, first, second)
  }

  #sink(from: number, row: number, first: number, second: number): void {
    let place = from
    while ((place << WIDTH_BITS) + 1 < this.#size) {
      const child = this.#leastChild(place)
      if (this.#isBefore(first, second, child)) break
      this.#put(place, this.#rows[child] as number, this.#first[child] as number, this.#second[child] as number)
      place = child
    }
    this.#put(place, row, first, second)
  }

  /** Place of the first of the children of a place that has some. */
  #leastChild(place: number): number {
    const start = (place << WIDTH_BITS) + 1
    const end = Math.min(start + 4, this.#size)
    let least = start
    let first = this.#first[start] as number
    for (let child = start + 1; child < end; child++) {
      const key = this.#first[child] as number
      if (key > first || (key === first && (this.#second[child] as number) > (this.#second[least] as number))) continue
      least = child
      first = key
    }
    return least
  }

  #isBefore(first: number, second: number, place: number): boolean {
    const other = this.#first[place] as number
    return first < other || (first === other && second < (this.#second[place] as number))
  }

  #put(place: number, row: number, first: number, second: number): void {
    this.#rows[place] = row
    this.#first[place] = first
    this.#second[place] = second
    this.#places[row] = place
  }
}
