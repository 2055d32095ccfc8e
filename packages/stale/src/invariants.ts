import { TABLE_LINE } from '@symphony/shared-memory'
import type { Region } from '@symphony/shared-memory'
import { LIST_COUNT } from './layout.ts'
import type { StaleLayout } from './layout.ts'

/** So many rows take a fraction of a millisecond; of no more, all are looked at in one go, and counted. */
const ROWS_AT_ONCE = 32_768

/** Looks whether what must always hold does: what is watched stands between two that say so, and a list is marked that is not empty. */
export class InvariantCheck {
  readonly #region: Region<StaleLayout>
  /** Row that is next. */
  #next = 0

  constructor(region: Region<StaleLayout>) {
    this.#region = region
  }

  /** @param parts calls until everything was looked at, at the latest; @param kinds how many there are; @returns what does not hold */
  look(parts: number, kinds: number): string | undefined {
    const { rows, line } = this.#region.tables.watches
    const used = line[TABLE_LINE.USED] as number
    const live = line[TABLE_LINE.LIVE] as number
    if (!(live >= 0 && live <= used && used <= rows)) return `${live} rows are in use of ${used}`
    const free = line[TABLE_LINE.FREE] as number
    if (free !== 0 && (!(free > 0 && free <= used) || this.#region.tables.watches.columns.kind[free - 1] !== 0)) return `row ${free - 1} is the next free one, and in use`
    if (this.#next >= used) this.#next = 0
    const from = used <= ROWS_AT_ONCE ? 0 : this.#next
    const end = Math.min(used, from + Math.max(ROWS_AT_ONCE, Math.ceil(used / parts)))
    this.#next = end
    return this.#listsProblem() ?? this.#rowsProblem(from, end, kinds)
  }

  #listsProblem(): string | undefined {
    const { watches, nodes, occupied } = this.#region.tables
    const { next } = nodes.columns
    const { bits } = occupied.columns
    for (let list = 0; list < LIST_COUNT; list++) {
      const isMarked = ((bits[list >>> 5] as number) & (1 << (list & 31))) !== 0
      const isEmpty = next[watches.rows + list] === watches.rows + list
      if (isMarked === isEmpty) return `list ${list} is ${isEmpty ? '' : 'not '}empty, and ${isMarked ? '' : 'not '}marked`
    }
    return undefined
  }

  #rowsProblem(from: number, end: number, kinds: number): string | undefined {
    const { watches, nodes } = this.#region.tables
    const { kind, deadlineMs } = watches.columns
    const { next, previous } = nodes.columns
    for (let row = from; row < end; row++) {
      const of = kind[row] as number
      if (of === 0) continue
      if (!(of > 0 && of <= kinds)) return `row ${row} is of kind ${of - 1}, which is none`
      const deadline = deadlineMs[row] as number
      // The difference of a number and itself is 0, of anything else it is none.
      if (deadline - deadline !== 0) return `row ${row} is due at ${deadline}`
      if (previous[next[row] as number] !== row || next[previous[row] as number] !== row) return `row ${row} is watched, and in no list`
    }
    return undefined
  }
}
