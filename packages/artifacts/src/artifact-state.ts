import type { ArtifactHead, ArtifactRef } from '@symphony/interface'
import { assert } from '@symphony/interface'
import { createRegion, RowAllocator, TABLE_LINE, tableFull } from '@symphony/shared-memory'
import { ArtifactIndex } from './artifact-index.ts'
import type { Place, PutCommand } from './commands.ts'
import type { Stored } from './contents.ts'
import { NO_PARENTS } from './details.ts'
import type { Details } from './details.ts'
import { formatHash } from './hash-words.ts'
import { ARTIFACTS_LAYOUT, HASH_WORDS, PLACE, rowsFor } from './layout.ts'
import type { ArtifactsColumns, ArtifactsRegion } from './layout.ts'
import { NameVersions } from './name-versions.ts'
import { packEntryEnd } from './pack-entry.ts'
import type { KnownPack } from './pack-files.ts'
import { RememberedResults } from './remembered-results.ts'

/** What a row has on the heap. */
export interface RowRecord {
  /** The one string for this address that everything else refers to. */
  readonly ref: ArtifactRef
  readonly mediaType: string
  /** All names it was put under; the first is its own. */
  names: readonly string[]
  tags: Readonly<Record<string, string>>
  parents: readonly ArtifactRef[]
  readonly madeBy: string | undefined
  /** Given text it is found by. */
  readonly text: string | undefined
}

const NO_NAMES: readonly string[] = Object.freeze([])

/**
 * The durable state: numbers in the region, texts on the heap by row. Each `apply...` is deterministic in (state, command) and
 * runs for live calls and replay alike; what they may not do was refused before the command was logged.
 */
export class ArtifactState {
  readonly region: ArtifactsRegion
  readonly columns: ArtifactsColumns
  readonly index: ArtifactIndex
  readonly names: NameVersions = new NameVersions()
  readonly results: RememberedResults = new RememberedResults()
  records: (RowRecord | undefined)[] = []
  readonly #rows: RowAllocator
  readonly #children = new Map<ArtifactRef, Set<number>>()
  readonly #livePerPack = new Map<number, number>()

  constructor(artifactsMax: number) {
    this.region = createRegion(ARTIFACTS_LAYOUT, rowsFor(artifactsMax))
    const { artifacts, hashes, index } = this.region.tables
    this.columns = artifacts.columns
    this.index = new ArtifactIndex(index.columns.slot, hashes.columns.word)
    this.#rows = new RowAllocator(artifacts, artifacts.columns.newer)
  }

  /** Artifacts stored. */
  get size(): number {
    return this.#rows.live
  }

  /** The row of an address, or -1; also for what is no address at all. */
  find(ref: string): number {
    return typeof ref === 'string' ? this.index.findText(ref, this.records) : -1
  }

  record(row: number): RowRecord {
    return this.records[row] as RowRecord
  }

  /** Where a row's bytes are. */
  stored(row: number): Stored {
    const { pack, offset, sizeBytes } = this.columns
    const place = { pack: pack[row] as number, offset: offset[row] as number }
    return { row, ref: this.record(row).ref, place, sizeBytes: sizeBytes[row] as number }
  }

  /** The one string for an address that is shared by everything that refers to it, if it is stored. */
  canonical(ref: ArtifactRef): ArtifactRef {
    const row = this.find(ref)
    return row < 0 ? ref : this.record(row).ref
  }

  head(row: number): ArtifactHead {
    const { columns } = this
    const { ref, mediaType, names, tags, parents, madeBy } = this.record(row)
    const quality = columns.quality[row] as number
    return {
      ref,
      sizeBytes: columns.sizeBytes[row] as number,
      mediaType,
      createdAtMs: columns.createdAtMs[row] as number,
      name: names[0],
      tags,
      parents,
      madeBy,
      costMs: columns.costMs[row] as number,
      quality: Number.isNaN(quality) ? undefined : quality,
      pins: columns.pins[row] as number,
    }
  }

  /** What was made of an artifact, oldest first. */
  children(ref: ArtifactRef): readonly ArtifactRef[] {
    const rows = [...(this.#children.get(ref) ?? [])].sort((a, b) => (this.columns.sequence[a] as number) - (this.columns.sequence[b] as number))
    return rows.map((row) => this.record(row).ref)
  }

  /** The row after `row` in the order of arrival, or -1. `sequence` is what the row's was: its artifact may be gone meanwhile. */
  rowAfter(row: number, sequence: number): number {
    const { sequence: sequences, newer } = this.columns
    if (sequences[row] === sequence) return (newer[row] as number) - 1
    let next = this.oldest
    while (next >= 0 && (sequences[next] as number) <= sequence) next = (newer[next] as number) - 1
    return next
  }

  isLive(ref: ArtifactRef): boolean {
    return this.find(ref) >= 0
  }

  /** Whether anything that is stored lies in a pack. */
  livesInPack(pack: number): boolean {
    return this.#livePerPack.has(pack)
  }

  knownPack(): KnownPack {
    const { packNumber, packTail } = this.region.words
    return { number: packNumber[0] as number, tail: packTail[0] as number }
  }

  get oldest(): number {
    return (this.region.words.oldest[0] as number) - 1
  }

  get newest(): number {
    return (this.region.words.newest[0] as number) - 1
  }

  /** @throws SymphonyError `CAPACITY_EXCEEDED` when there is no row for one more artifact */
  checkRoom(): void {
    const { artifacts } = this.region.tables
    if (this.#rows.live === artifacts.rows) throw tableFull(artifacts)
  }

  /** Whether a put of content that is here would change anything known about it. */
  wouldMerge(row: number, { name, tags, parents }: Details): boolean {
    const record = this.record(row)
    if (name !== undefined && this.names.latest(name) !== record.ref) return true
    for (const key in tags) if (tags[key] !== record.tags[key]) return true
    return parents.some((parent) => !record.parents.includes(parent))
  }

  applyPut(command: PutCommand): number {
    const found = this.index.find(command.words)
    const row = found >= 0 ? found : this.#add(command)
    if (found >= 0) this.#merge(row, command.details)
    const { name } = command.details
    if (name !== undefined) this.#name(row, name, command.atMs)
    return row
  }

  applyTag(row: number, tags: Readonly<Record<string, string>>): void {
    const record = this.record(row)
    record.tags = Object.freeze({ ...record.tags, ...tags })
  }

  applyPin(row: number, by: 1 | -1): void {
    this.columns.pins[row]! += by
  }

  applyDelete(row: number): void {
    const { columns, region } = this
    const { ref, names, parents } = this.record(row)
    for (const name of names) this.names.remove(name, ref)
    for (const parent of parents) this.#disown(parent, row)
    this.index.remove(row)
    this.#unlink(row)
    region.words.storedBytes[0]! -= columns.sizeBytes[row] as number
    this.#countInPack(columns.pack[row] as number, -1)
    columns.sequence[row] = 0
    this.records[row] = undefined
    this.#rows.release(row)
  }

  /** Forgets everything, in place and whatever it was. When artifacts were last used is no part of it. */
  clear(): void {
    const { words, tables } = this.region
    for (const name of ['oldest', 'newest', 'sequence', 'packNumber', 'packTail', 'storedBytes'] as const) words[name][0] = 0
    const rows = this.records.length
    for (const column of Object.values(this.columns)) column.fill(0, 0, rows)
    for (const { line } of [tables.artifacts, tables.hashes]) line[TABLE_LINE.USED] = line[TABLE_LINE.FREE] = line[TABLE_LINE.LIVE] = 0
    this.records = []
    this.names.clear()
    this.results.clear()
    this.index.clear()
    this.#children.clear()
    this.#livePerPack.clear()
  }

  /** Everything that is derived, made anew after the region and the records were restored. */
  rebuild(): void {
    this.index.clear()
    this.#children.clear()
    this.#livePerPack.clear()
    for (let row = this.oldest; row >= 0; row = (this.columns.newer[row] as number) - 1) {
      this.index.add(row)
      this.#countInPack(this.columns.pack[row] as number, 1)
      for (const parent of this.record(row).parents) this.#adopt(parent, row)
    }
  }

  /** The address the region has for a row. */
  address(row: number): ArtifactRef {
    const { word } = this.region.tables.hashes.columns
    return formatHash(new Uint8Array(word.buffer, word.byteOffset + row * HASH_WORDS * 4, HASH_WORDS * 4))
  }

  #add({ ref, words, sizeBytes, place, atMs, details }: PutCommand): number {
    const { columns, region } = this
    const row = this.#rows.allocate()
    region.tables.hashes.columns.word.set(words, row * HASH_WORDS)
    region.tables.hashes.line[TABLE_LINE.USED] = this.#rows.used * HASH_WORDS
    columns.sizeBytes[row] = sizeBytes
    columns.offset[row] = place.offset
    columns.pack[row] = place.pack
    columns.createdAtMs[row] = atMs
    columns.costMs[row] = details.costMs
    columns.quality[row] = details.quality
    columns.pins[row] = 0
    columns.searchText[row] = details.searchText
    columns.sequence[row] = ++region.words.sequence[0]!
    region.tables.uses.columns.atMs[row] = atMs
    region.words.storedBytes[0]! += sizeBytes
    this.#link(row)
    if (place.pack !== PLACE.MEMORY && place.pack !== PLACE.OWN_FILE) this.#extendPack(place, sizeBytes)
    this.#countInPack(place.pack, 1)
    const { mediaType, tags, parents, madeBy, text } = details
    this.records[row] = { ref, mediaType, names: NO_NAMES, tags, parents, madeBy, text }
    for (const parent of parents) this.#adopt(parent, row)
    this.index.add(row)
    return row
  }

  #merge(row: number, { tags, parents }: Details): void {
    const record = this.record(row)
    for (const key in tags) {
      if (tags[key] === record.tags[key]) continue
      record.tags = Object.freeze({ ...record.tags, ...tags })
      break
    }
    const more = parents === NO_PARENTS ? NO_PARENTS : parents.filter((parent) => !record.parents.includes(parent))
    if (more.length === 0) return
    record.parents = Object.freeze([...record.parents, ...more])
    for (const parent of more) this.#adopt(parent, row)
  }

  #name(row: number, name: string, atMs: number): void {
    const record = this.record(row)
    if (!record.names.includes(name)) record.names = [...record.names, name]
    this.names.add(name, record.ref, atMs)
  }

  #extendPack({ pack, offset }: Place, sizeBytes: number): void {
    const { packNumber, packTail } = this.region.words
    if (pack < (packNumber[0] as number)) return
    const end = packEntryEnd(offset, sizeBytes)
    packTail[0] = pack === packNumber[0] ? Math.max(packTail[0] as number, end) : end
    packNumber[0] = pack
  }

  #countInPack(pack: number, by: 1 | -1): void {
    if (pack === PLACE.MEMORY || pack === PLACE.OWN_FILE) return
    const live = (this.#livePerPack.get(pack) ?? 0) + by
    if (live > 0) this.#livePerPack.set(pack, live)
    else this.#livePerPack.delete(pack)
  }

  #link(row: number): void {
    const { oldest, newest } = this.region.words
    const { older, newer } = this.columns
    older[row] = newest[0] as number
    newer[row] = 0
    if (newest[0] === 0) oldest[0] = row + 1
    else newer[(newest[0] as number) - 1] = row + 1
    newest[0] = row + 1
  }

  #unlink(row: number): void {
    const { oldest, newest } = this.region.words
    const before = this.columns.older[row] as number
    const after = this.columns.newer[row] as number
    if (before === 0) oldest[0] = after
    else this.columns.newer[before - 1] = after
    if (after === 0) newest[0] = before
    else this.columns.older[after - 1] = before
  }

  #adopt(parent: ArtifactRef, row: number): void {
    const rows = this.#children.get(parent)
    if (rows === undefined) this.#children.set(parent, new Set([row]))
    else rows.add(row)
  }

  #disown(parent: ArtifactRef, row: number): void {
    const rows = this.#children.get(parent)
    assert(rows !== undefined && rows.delete(row), 'every parent knows its children')
    if (rows.size === 0) this.#children.delete(parent)
  }
}
