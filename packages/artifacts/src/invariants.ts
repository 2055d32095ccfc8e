import { TABLE_LINE } from '@symphony/shared-memory'
import type { ArtifactState } from './artifact-state.ts'
import { HASH_WORDS } from './layout.ts'

/** So many rows take a fraction of a millisecond; of a store with no more, all are looked at in one go. */
const ROWS_AT_ONCE = 16_384
/** Looking one up by its address costs as much as twenty looks at its row. */
const LOOKUPS_AT_ONCE = 256

/**
 * Looks whether what must always hold does: a row that is in use has what is kept of it on the heap, stands in the list between the two
 * that say so, and is found by its address; and there are as many as were counted.
 */
export class InvariantCheck {
  readonly #state: ArtifactState
  /** Row that is next. */
  #next = 0
  /** Row that is looked up next. */
  #lookup = 0

  constructor(state: ArtifactState) {
    this.#state = state
  }

  /** @param parts calls until everything was looked at, at the latest; @returns what does not hold */
  look(parts: number): string | undefined {
    const { region } = this.#state
    const { rows, line } = region.tables.artifacts
    const used = line[TABLE_LINE.USED] as number
    const live = line[TABLE_LINE.LIVE] as number
    if (!(live >= 0 && live <= used && used <= rows)) return `table "artifacts" has ${live} rows in use of ${used}`
    const free = line[TABLE_LINE.FREE] as number
    if (free !== 0 && (!(free > 0 && free <= used) || this.#state.columns.sequence[free - 1] !== 0)) return `row ${free - 1} is the next free one, and in use`
    const first = region.words.oldest[0] as number
    if (first !== 0 && this.#state.columns.older[first - 1] !== 0) return `row ${first - 1} is the oldest, and comes after another`
    const stored = region.words.storedBytes[0] as number
    if (!(stored >= 0)) return `${stored} bytes are stored`
    if (this.#next >= used) this.#next = 0
    const from = used <= ROWS_AT_ONCE ? 0 : this.#next
    const end = Math.min(used, from + Math.max(ROWS_AT_ONCE, Math.ceil(used / parts)))
    this.#next = end
    const isAll = end - from === used
    return this.#rowsProblem(from, end, isAll) ?? this.#lookupProblem(used)
  }

  /** @param isAll the counts are of these rows */
  #rowsProblem(from: number, end: number, isAll: boolean): string | undefined {
    const { columns, records, region } = this.#state
    const { sequence, older, newer, sizeBytes, pins } = columns
    const { newest } = region.words
    const last = region.words.sequence[0] as number
    const live = region.tables.artifacts.line[TABLE_LINE.LIVE] as number
    const stored = region.words.storedBytes[0] as number
    let found = 0
    let bytes = 0
    for (let row = from; row < end; row++) {
      const place = sequence[row] as number
      if (place === 0) {
        if (records[row] !== undefined) return `row ${row} is free, and somebody's`
        continue
      }
      found++
      bytes += sizeBytes[row] as number
      if (records[row] === undefined || !(place > 0 && place <= last)) return `row ${row} is nobody's, number ${place} of ${last}`
      if (!((sizeBytes[row] as number) >= 0) || (pins[row] as number) < 0) return `row ${row} has ${sizeBytes[row]} bytes and ${pins[row]} pins`
      const after = newer[row] as number
      // One that says that it comes after another is found when that one is looked at.
      if ((after === 0 ? newest[0] : older[after - 1]) !== row + 1) return `row ${row} comes before row ${after - 1}, which does not come after it`
    }
    if (!isAll || (found === live && bytes === stored)) return undefined
    return `${found} rows are in use with ${bytes} bytes, ${live} were counted with ${stored}`
  }

  #lookupProblem(used: number): string | undefined {
    const { records, index, region } = this.#state
    for (let left = Math.min(LOOKUPS_AT_ONCE, used); left > 0; left--) {
      if (this.#lookup >= used) this.#lookup = 0
      const row = this.#lookup++
      const { ref } = records[row] ?? {}
      if (ref !== undefined && index.findText(ref, records) !== row) return `row ${row} is not found by its address`
    }
    const words = region.tables.hashes.line[TABLE_LINE.USED] as number
    return words === used * HASH_WORDS ? undefined : `${words} words are of addresses of ${used} rows`
  }
}
