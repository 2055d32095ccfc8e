import { TABLE_LINE, RowAllocator } from '@symphony/shared-memory'
import type { Region } from '@symphony/shared-memory'
import { LEVELS, LIST_COUNT, LISTS, SLOT_BITS, SLOTS } from './layout.ts'
import type { StaleLayout } from './layout.ts'
import type { WheelBackend } from './wheel-backend.ts'

/** What `step` answers when it moved an entry down a level, and when nothing is due any more. */
export const STEP = { MOVED: -1, DONE: -2 } as const

const ERA_TICKS = 2 ** 32
const UNLINKED = -1
/** Entries of a coarse slot that `nextDueMs` looks at one by one; with more it answers the start of the slot. */
const EXACT_MAX = 64
const LARGEST_HANDLE = Number.MAX_SAFE_INTEGER

/**
 * A hierarchical timing wheel (Varghese & Lauck 1987, scheme 7) over region columns.
 *
 * An entry lies on the level of the highest digit (base 256) in which its tick differs from the cursor. So all entries of a
 * level come before all of the next, slots are met in rising order without wrapping, and a bit for each slot finds the next
 * one without visiting empty ticks: a jump over 90 days costs as much as one over a second.
 */
export class TimingWheel implements WheelBackend {
  readonly #handles: Float64Array
  readonly #deadlines: Float64Array
  readonly #ttls: Float64Array
  readonly #ids: Float64Array
  readonly #kinds: Int32Array
  readonly #next: Int32Array
  readonly #previous: Int32Array
  readonly #bits: Int32Array
  readonly #cursorWord: Float64Array
  readonly #rows: RowAllocator
  readonly #line: Int32Array
  /** Node of the first list's sentinel: as many as there are rows. */
  readonly #lists: number
  readonly #tickMs: number
  readonly #originMs: number
  /** Handles are `generation * span + row`. */
  readonly #span: number
  /** Rows that were ever in use, as far as is known here. */
  #used = 0
  #cursor = 0
  #cursorLow = 0
  #cursorEra = 0
  #target = -1

  constructor(region: Region<StaleLayout>, tickMs: number, originMs: number) {
    const { watches, nodes, occupied } = region.tables
    this.#handles = watches.columns.handle
    this.#deadlines = watches.columns.deadlineMs
    this.#ttls = watches.columns.ttlMs
    this.#ids = watches.columns.id
    this.#kinds = watches.columns.kind
    this.#next = nodes.columns.next
    this.#previous = nodes.columns.previous
    this.#bits = occupied.columns.bits
    this.#cursorWord = region.words.cursor
    this.#rows = new RowAllocator(watches, nodes.columns.next.subarray(0, watches.rows))
    this.#line = watches.line
    this.#lists = watches.rows
    this.#tickMs = tickMs
    this.#originMs = originMs
    this.#span = 2 ** Math.ceil(Math.log2(Math.max(2, watches.rows)))
    for (let node = this.#lists; node < this.#lists + LIST_COUNT; node++) this.#next[node] = this.#previous[node] = node
  }

  get size(): number {
    return this.#line[TABLE_LINE.LIVE] as number
  }

  /** A new entry's handle, or -1 when the table is full. It counts as watched once that is written. */
  add(id: number, deadlineMs: number, ttlMs: number): number {
    const row = this.#rows.tryAllocate()
    if (row < 0) return -1
    if (row >= this.#used) this.#used = row + 1
    const handle = (this.#handles[row] as number) || row + this.#span
    this.#handles[row] = handle
    this.#write(row, id, deadlineMs, ttlMs)
    this.#fileNew(row)
    return handle
  }

  /** The same without any link: the row takes part when the wheel is repaired. */
  note(id: number, deadlineMs: number, ttlMs: number): number {
    let row = 0
    while (row < this.#used && this.#kinds[row] !== 0) row++
    if (row === this.#lists) return -1
    this.#used = Math.max(this.#used, row + 1)
    // Whatever is there may be in somebody's hand.
    this.#handles[row] = Math.max((this.#handles[row] as number) || 0, row) + this.#span
    this.#write(row, id, deadlineMs, ttlMs)
    return this.#handles[row] as number
  }

  #write(row: number, id: number, deadlineMs: number, ttlMs: number): void {
    this.#deadlines[row] = deadlineMs
    this.#ttls[row] = ttlMs
    this.#ids[row] = id
  }

  /** The row of a live handle, or -1 when it has expired, was removed or never existed. */
  rowOf(handle: number): number {
    const row = this.rowAt(handle)
    return this.#handles[row] === handle && (this.#kinds[row] as number) > 0 ? row : -1
  }

  /** The row a handle is of, whether it is any good or not. */
  rowAt(handle: number): number {
    return handle - Math.floor(handle / this.#span) * this.#span
  }

  /** Writes that a row is watched, and as what; undefined: no longer. */
  mark(row: number, kind: number | undefined): void {
    this.#kinds[row] = kind === undefined ? 0 : kind + 1
  }

  remove(row: number): void {
    this.#unlink(row)
    this.release(row)
  }

  move(row: number, deadlineMs: number, ttlMs: number): void {
    this.#unlink(row)
    this.moveUnlinked(row, deadlineMs, ttlMs)
    this.#fileNew(row)
  }

  /** The same without any link. */
  moveUnlinked(row: number, deadlineMs: number, ttlMs: number): void {
    this.#deadlines[row] = deadlineMs
    this.#ttls[row] = ttlMs
  }

  /** Puts back an entry that `step` handed out although it is not due. */
  refile(row: number): void {
    this.#fileNew(row)
  }

  /** Takes back a row that is in no list. Its handle is dead from now on. */
  release(row: number): void {
    const handle = (this.#handles[row] as number) + this.#span
    this.#handles[row] = handle
    this.#previous[row] = UNLINKED
    // A row whose handles are used up is given up: no handle ever means two things.
    if (handle <= LARGEST_HANDLE - this.#span) this.#rows.release(row)
  }

  handleAt(row: number): number {
    return this.#handles[row] as number
  }

  deadlineAt(row: number): number {
    return this.#deadlines[row] as number
  }

  ttlAt(row: number): number {
    return this.#ttls[row] as number
  }

  idAt(row: number): number {
    return this.#ids[row] as number
  }

  kindAt(row: number): number {
    return (this.#kinds[row] as number) - 1
  }

  isWatched(row: number): boolean {
    return (this.#kinds[row] as number) > 0
  }

  /** Rows that were ever in use. */
  get used(): number {
    return this.#used
  }

  /**
   * Links all that is watched anew, whatever became of the links. What is due comes first in the order of its time. A row in which
   * nothing can be watched is given up, and no handle to a free row is any good.
   * @param kinds how many there are; @returns rows that were given up
   */
  repair(kinds: number): number {
    for (let node = this.#lists; node < this.#lists + LIST_COUNT; node++) this.#next[node] = this.#previous[node] = node
    this.#bits.fill(0)
    this.#cursorWord[0] = this.#cursor
    this.#line[TABLE_LINE.USED] = this.#line[TABLE_LINE.LIVE] = this.#used
    this.#line[TABLE_LINE.FREE] = 0
    let lost = 0
    const late: number[] = []
    for (let row = this.#used - 1; row >= 0; row--) {
      const kind = this.#kinds[row] as number
      const handle = this.#handles[row] as number
      const isRow = handle >= this.#span && handle <= LARGEST_HANDLE && handle % this.#span === row
      if (!isRow) this.#handles[row] = row + this.#span
      if (kind > 0 && kind <= kinds && isRow && Number.isFinite(this.#deadlines[row]) && !Number.isNaN(this.#ids[row])) {
        const tick = this.#tickOf(this.#deadlines[row] as number)
        if (tick <= Math.max(this.#target, this.#cursor - 1)) late.push(row)
        else this.#file(row, tick)
        continue
      }
      if (kind !== 0) lost++
      this.#kinds[row] = 0
      this.release(row)
    }
    late.sort((a, b) => (this.#deadlines[a] as number) - (this.#deadlines[b] as number) || a - b)
    for (const row of late) this.#append(row, LISTS.LATE)
    return lost
  }

  /** Begins to tell about everything due at `nowMs`. Entries that are watched from now on and already due have to wait. */
  open(nowMs: number): void {
    // The clock does not go back; an older time would only mean that there is nothing to do.
    this.#target = Math.max(this.#cursor - 1, Math.floor((nowMs - this.#originMs) / this.#tickMs))
    this.#splice(LISTS.LATE, LISTS.DUE)
  }

  /**
   * One bounded piece of work: takes a due entry out of its list and returns its row (the caller releases or re-files it),
   * or moves one entry down a level (`STEP.MOVED`), or finds nothing left (`STEP.DONE`).
   */
  step(): number {
    for (;;) {
      const due = this.#next[this.#lists + LISTS.DUE] as number
      if (due < this.#lists) {
        this.#unlink(due)
        return due
      }
      const moving = this.#next[this.#lists + LISTS.CASCADE] as number
      if (moving < this.#lists) {
        this.#unlink(moving)
        this.#file(moving, this.#tickOf(this.#deadlines[moving] as number))
        return STEP.MOVED
      }
      if (!this.#openNextSlot()) {
        if (this.#target >= this.#cursor) this.#enter(this.#target + 1)
        return STEP.DONE
      }
    }
  }

  /**
   * When the next sweep has work: the earliest tick with a due entry; for entries far ahead that share a coarse slot with
   * more than 64 others, the start of that slot, when they are to move down. Undefined when nothing is watched.
   */
  nextDueMs(): number | undefined {
    for (const list of [LISTS.DUE, LISTS.CASCADE, LISTS.LATE]) {
      const row = this.#next[this.#lists + list] as number
      if (row < this.#lists) return Math.min(this.#deadlines[row] as number, this.#timeOf(this.#cursor))
    }
    for (let level = 0; level < LEVELS; level++) {
      const slot = this.#slotFrom(level, (this.#cursorLow >>> (level * SLOT_BITS)) & (SLOTS - 1))
      if (slot < 0) continue
      const startMs = this.#timeOf(this.#startOf(level, slot))
      return level === 0 ? startMs : (this.#earliestIn(level * SLOTS + slot) ?? startMs)
    }
    if (this.#isEmpty(LISTS.FAR)) return undefined
    return this.#earliestIn(LISTS.FAR) ?? this.#timeOf((this.#cursorEra + 1) * ERA_TICKS)
  }

  #isEmpty(list: number): boolean {
    return (this.#next[this.#lists + list] as number) >= this.#lists
  }

  #timeOf(tick: number): number {
    return this.#originMs + tick * this.#tickMs
  }

  #tickOf(deadlineMs: number): number {
    return Math.ceil((deadlineMs - this.#originMs) / this.#tickMs)
  }

  #earliestIn(list: number): number | undefined {
    let earliest = Infinity
    let count = 0
    for (let row = this.#next[this.#lists + list] as number; row < this.#lists; row = this.#next[row] as number) {
      if (++count > EXACT_MAX) return undefined
      earliest = Math.min(earliest, this.#deadlines[row] as number)
    }
    return this.#timeOf(this.#tickOf(earliest))
  }

  /** Moves the cursor and opens every coarse slot that begins there: the cursor is never inside a slot that is still closed. */
  #enter(tick: number): void {
    this.#cursor = tick
    this.#cursorLow = tick | 0
    this.#cursorEra = Math.floor(tick / ERA_TICKS)
    this.#cursorWord[0] = tick
    const low = this.#cursorLow
    for (let level = 1; level < LEVELS; level++) {
      if ((low & (2 ** (level * SLOT_BITS) - 1)) !== 0) return
      this.#splice(level * SLOTS + ((low >>> (level * SLOT_BITS)) & (SLOTS - 1)), LISTS.CASCADE)
    }
    if (low === 0) this.#splice(LISTS.FAR, LISTS.CASCADE)
  }

  /**
   * Moves the cursor to the next occupied slot up to the target, and its entries to the list of the due or of the moving. A
   * coarse slot that begins right after the target is opened too, so that its entries have moved when they become due.
   */
  #openNextSlot(): boolean {
    for (let level = 0; level < LEVELS; level++) {
      const slot = this.#slotFrom(level, (this.#cursorLow >>> (level * SLOT_BITS)) & (SLOTS - 1))
      if (slot < 0) continue
      const start = this.#startOf(level, slot)
      if (start > (level === 0 ? this.#target : this.#target + 1)) return false
      if (level === 0) this.#splice(slot, LISTS.DUE)
      this.#enter(level === 0 ? start + 1 : start)
      return true
    }
    const nextEra = (this.#cursorEra + 1) * ERA_TICKS
    if (this.#isEmpty(LISTS.FAR) || nextEra > this.#target + 1) return false
    this.#enter(nextEra)
    return true
  }

  /** First tick of a slot in the cursor's own block of that level. */
  #startOf(level: number, slot: number): number {
    const shift = level * SLOT_BITS
    const blockLow = level === LEVELS - 1 ? 0 : (this.#cursorLow >>> (shift + SLOT_BITS)) * 2 ** (shift + SLOT_BITS)
    return this.#cursorEra * ERA_TICKS + blockLow + slot * 2 ** shift
  }

  #slotFrom(level: number, from: number): number {
    const firstWord = level * (SLOTS / 32)
    let word = from >>> 5
    let bits = (this.#bits[firstWord + word] as number) & (-1 << (from & 31))
    while (bits === 0) {
      if (++word === SLOTS / 32) return -1
      bits = this.#bits[firstWord + word] as number
    }
    return word * 32 + 31 - Math.clz32(bits & -bits)
  }

  /** What is due within the sweep under way has to wait for the next one, wherever the cursor is. */
  #fileNew(row: number): void {
    const tick = this.#tickOf(this.#deadlines[row] as number)
    if (tick <= this.#target) this.#append(row, LISTS.LATE)
    else this.#file(row, tick)
  }

  #file(row: number, tick: number): void {
    let list: number
    if (tick < this.#cursor) list = LISTS.LATE
    else if (Math.floor(tick / ERA_TICKS) !== this.#cursorEra) list = LISTS.FAR
    else {
      const low = tick | 0
      const differing = (low ^ this.#cursorLow) >>> 0
      const level = differing < 0x100 ? 0 : differing < 0x10000 ? 1 : differing < 0x1000000 ? 2 : 3
      list = level * SLOTS + ((low >>> (level * SLOT_BITS)) & (SLOTS - 1))
    }
    this.#append(row, list)
  }

  #append(row: number, list: number): void {
    const sentinel = this.#lists + list
    const last = this.#previous[sentinel] as number
    this.#previous[row] = last
    this.#next[row] = sentinel
    this.#next[last] = row
    this.#previous[sentinel] = row
    if (last === sentinel) this.#mark(list, true)
  }

  #unlink(row: number): void {
    const next = this.#next[row] as number
    const previous = this.#previous[row] as number
    this.#next[previous] = next
    this.#previous[next] = previous
    // The two neighbours are one and the same only when it is the sentinel of a list that is empty now.
    if (next === previous) this.#mark(next - this.#lists, false)
  }

  /** Appends all entries of one list to another, in order, in constant time. */
  #splice(from: number, to: number): void {
    const source = this.#lists + from
    const target = this.#lists + to
    const first = this.#next[source] as number
    if (first === source) return
    const last = this.#previous[source] as number
    const end = this.#previous[target] as number
    this.#next[end] = first
    this.#previous[first] = end
    this.#next[last] = target
    this.#previous[target] = last
    this.#next[source] = this.#previous[source] = source
    this.#mark(from, false)
    this.#mark(to, true)
  }

  #mark(list: number, isOccupied: boolean): void {
    const bit = 1 << (list & 31)
    if (isOccupied) this.#bits[list >>> 5]! |= bit
    else this.#bits[list >>> 5]! &= ~bit
  }
}
