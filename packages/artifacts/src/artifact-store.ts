import { hash } from 'node:crypto'
import { EVENTS, INTERFACE_VERSION, SymphonyError } from '@symphony/interface'
import type {
  ArtifactHead, ArtifactHit, ArtifactInit, ArtifactMetrics, ArtifactQuery, ArtifactRef, ArtifactStore, ArtifactVersion, CommandDescription, ComponentHealth, Json, Lineage, Lsn, ReplicaSource, Supervised, Supports,
} from '@symphony/interface'
import { ArtifactCore } from './artifact-core.ts'
import type { ArtifactsBackend } from './artifacts-backend.ts'
import { canonicalJson } from './canonical-json.ts'
import type { Stored } from './contents.ts'
import { describeCommand } from './describe.ts'
import { checkedDetails, checkedQuery, checkedTags, MEDIA_TYPES } from './details.ts'
import { COMPONENT, invalid, tooLarge, unknownArtifact } from './failures.ts'
import { checkedInit } from './init.ts'
import type { ArtifactsInit, ArtifactsPorts } from './init.ts'
import { findCorrupt, findStored } from './scrubbing.ts'
import { StoreSupervision } from './store-supervision.ts'
import { takeStream } from './stream-intake.ts'

const KEY_LENGTH_MAX = 1024
const REPLICA = new URL(import.meta.url.endsWith('.ts') ? './replica-entry.ts' : './replica-entry.js', import.meta.url).href

/** The artifact store of this package: the contract, and what a folder and a region make possible beyond it. */
export class LocalArtifactStore implements ArtifactStore, Supervised {
  readonly [Symbol.toStringTag]: string = COMPONENT
  readonly componentName = 'artifacts'
  readonly interfaceVersion: string = INTERFACE_VERSION
  readonly supports: Supports
  readonly replica: ReplicaSource | undefined
  readonly #core: ArtifactCore
  readonly #supervision: StoreSupervision
  #closing: Promise<void> | undefined
  #recallHits = 0
  #recallMisses = 0

  constructor(init: ArtifactsInit, ports: ArtifactsPorts) {
    this.#core = new ArtifactCore(checkedInit(init), ports)
    this.#supervision = new StoreSupervision(this.#core)
    const { isPersistent, settings, text } = this.#core
    const features = Object.freeze({ persistence: isPersistent, search: text !== undefined, streams: true, descriptions: true, replica: isPersistent, supervision: true })
    // Contents in memory are handed to the log and to nobody else: another thread would hold all of them once more.
    this.replica = isPersistent ? Object.freeze({ module: REPLICA, factory: 'createReplica', init: { artifactsMax: settings.artifactsMax } }) : undefined
    this.supports = Object.freeze({ sharedRegion: true, replayable: true, multiThreaded: false, features })
  }

  /** The region, for other threads: see `attachArtifactReader`. */
  get region(): SharedArrayBuffer {
    return this.#core.state.region.buffer
  }

  put(content: Uint8Array | string, init?: ArtifactInit): ArtifactRef {
    this.#check()
    if (typeof content === 'string') return this.#put(Buffer.from(content, 'utf8'), init, MEDIA_TYPES.TEXT)
    if (!(content instanceof Uint8Array)) throw invalid('A content has to be a Uint8Array or a text; store other values with putJson().')
    // Another thread may write to shared bytes between hashing and storing, so a copy is put.
    return this.#put(content.buffer instanceof SharedArrayBuffer ? new Uint8Array(content) : content, init, MEDIA_TYPES.BYTES)
  }

  putJson(value: Json, init?: ArtifactInit): ArtifactRef {
    this.#check()
    return this.#put(Buffer.from(canonicalJson(value), 'utf8'), init, MEDIA_TYPES.JSON)
  }

  async putStream(content: AsyncIterable<Uint8Array>, init?: ArtifactInit): Promise<ArtifactRef> {
    this.#checkOpen()
    const details = checkedDetails(init, MEDIA_TYPES.BYTES)
    const { largeBytes, artifactBytesMax } = this.#core.settings
    const openWriter = () => this.#core.openWriter()
    const taken = await takeStream(content, { heldBytesMax: largeBytes, artifactBytesMax, openWriter, checkOpen: () => this.#checkOpen() })
    return this.#core.putTaken(taken, details)
  }

  get(ref: ArtifactRef): Uint8Array {
    return this.#read(this.#readableRow(ref))
  }

  getText(ref: ArtifactRef): string {
    return textOf(this.get(ref))
  }

  getJson(ref: ArtifactRef): Json {
    return this.#readJson(this.#readableRow(ref))
  }

  getValue(ref: ArtifactRef): Json | Uint8Array {
    const row = this.#readableRow(ref)
    return this.#core.state.record(row).mediaType === MEDIA_TYPES.JSON ? this.#readJson(row) : this.#read(row)
  }

  open(ref: ArtifactRef): AsyncIterable<Uint8Array> {
    const row = this.#rowOf(ref)
    this.#core.uses[row] = this.#core.clock.nowMs()
    return this.#chunks(this.#core.state.stored(row))
  }

  has(ref: ArtifactRef): boolean {
    this.#check()
    return this.#core.state.find(ref) >= 0
  }

  head(ref: ArtifactRef): ArtifactHead | undefined {
    this.#check()
    const row = this.#core.state.find(ref)
    return row < 0 ? undefined : this.#core.state.head(row)
  }

  tag(ref: ArtifactRef, tags: Readonly<Record<string, string>>): void {
    const row = this.#rowOf(ref)
    const checked = checkedTags(tags)
    const known = this.#core.state.record(row).tags
    if (Object.keys(checked).some((key) => known[key] !== checked[key])) this.#core.tag(row, checked)
  }

  latest(name: string): ArtifactRef | undefined {
    this.#check()
    return this.#core.state.names.latest(name)
  }

  versions(name: string): readonly ArtifactVersion[] {
    this.#check()
    return this.#core.state.names.versions(name)
  }

  lineage(ref: ArtifactRef): Lineage {
    const record = this.#core.state.record(this.#rowOf(ref))
    return { ref: record.ref, madeBy: record.madeBy, parents: record.parents, children: this.#core.state.children(record.ref) }
  }

  search(query: ArtifactQuery): readonly ArtifactHit[] {
    this.#check()
    if (this.#core.text !== undefined) return this.#core.text.search(checkedQuery(query))
    throw new SymphonyError({
      code: 'NOT_SUPPORTED',
      component: COMPONENT,
      message: 'This store was made with search: false. Make it with search: true or "lazy" to find artifacts by their text and tags.',
    })
  }

  pin(ref: ArtifactRef): void {
    this.#core.pin(this.#rowOf(ref), 1)
  }

  /** @throws SymphonyError `INVALID_ARGUMENT` when there is no pin left to take away */
  unpin(ref: ArtifactRef): void {
    const row = this.#rowOf(ref)
    if (this.#core.state.columns.pins[row] === 0) throw invalid(`Artifact ${ref} has no pin to take away. Every unpin belongs to one pin.`)
    this.#core.pin(row, -1)
  }

  delete(ref: ArtifactRef): boolean {
    this.#check()
    const row = this.#core.state.find(ref)
    if (row < 0) return false
    const pins = this.#core.state.columns.pins[row] as number
    if (pins > 0) {
      const message = `Artifact ${ref} has ${pins} ${pins === 1 ? 'pin' : 'pins'}. Unpin it first, or keep it.`
      throw new SymphonyError({ code: 'ARTIFACT_PINNED', component: COMPONENT, message, details: { ref, pins } })
    }
    this.#core.delete(row)
    return true
  }

  recall(key: string): readonly ArtifactRef[] | undefined {
    this.#check()
    const { state, events } = this.#core
    const refs = state.results.get(key)
    // A result with a gap is no result: whoever asked would find the gap too late.
    const isHit = refs?.every((ref) => state.find(ref) >= 0) === true
    if (isHit) this.#recallHits++
    else this.#recallMisses++
    events.publish(EVENTS.RESULT_RECALLED, 0, isHit ? 1 : 0, 0)
    return isHit ? refs : undefined
  }

  /** @throws SymphonyError `INVALID_ARGUMENT`, `ARTIFACT_UNKNOWN` */
  remember(key: string, refs: readonly ArtifactRef[]): void {
    this.#check()
    const isKey = typeof key === 'string' && key !== '' && key.length <= KEY_LENGTH_MAX
    if (!isKey) throw invalid(`A key has to be a text of 1 to ${KEY_LENGTH_MAX} characters; hash what is longer.`)
    if (!Array.isArray(refs)) throw invalid('A result has to be a list of artifact references, which may be empty.')
    this.#core.remember(key, refs.map((ref) => this.#core.state.record(this.#rowOf(ref)).ref))
  }

  forget(key: string): boolean {
    this.#check()
    return this.#core.forget(key)
  }

  refs(): IterableIterator<ArtifactRef> {
    this.#check()
    return this.#refs()
  }

  /**
   * When an artifact was last read or put, by the clock's `nowMs`. Not durable: after a restart, when it was first put.
   * @throws SymphonyError `ARTIFACT_UNKNOWN`
   */
  lastUsedAtMs(ref: ArtifactRef): number {
    const row = this.#rowOf(ref)
    return Math.max(this.#core.uses[row] as number, this.#core.state.columns.createdAtMs[row] as number)
  }

  verify(): AsyncIterable<ArtifactRef> {
    this.#check()
    const { state, contents, turns } = this.#core
    return findCorrupt(state, contents, turns, () => this.#checkOpen())
  }

  /**
   * Goes through the folder's files without any record of them and takes in every content that verifies and is not known: for when
   * the log was lost, or an older backup of it restored. Deleted contents that still lie in packs come back too. Names, tags and
   * the like do not.
   *
   * @returns how many were taken in
   * @throws SymphonyError `NOT_SUPPORTED` without a folder, `CAPACITY_EXCEEDED`
   */
  async salvage(): Promise<number> {
    this.#check()
    const { folder, turns, state } = this.#core
    if (folder === undefined) throw invalid('A store in memory has no files to salvage from.', 'NOT_SUPPORTED')
    const details = checkedDetails({ text: false }, MEDIA_TYPES.BYTES)
    let count = 0
    for await (const { ref, place, sizeBytes } of findStored(folder, turns, () => this.#checkOpen())) {
      if (state.find(ref) >= 0) continue
      state.checkRoom()
      this.#core.add({ ref, sizeBytes, place, details, bytes: undefined, isOwn: false })
      count++
    }
    return count
  }

  metrics(): ArtifactMetrics {
    const { state, contents, puts, deduplicatedBytes } = this.#core
    const { cacheHits, cacheMisses, cachedBytes } = contents
    const storedBytes = state.region.words.storedBytes[0] as number
    const recalls = { remembered: state.results.size, recallHits: this.#recallHits, recallMisses: this.#recallMisses }
    return { artifacts: state.size, storedBytes, deduplicatedBytes, puts, cacheHits, cacheMisses, cachedBytes, ...recalls }
  }

  health(): ComponentHealth {
    const { failure, state, settings } = this.#core
    const reasons: string[] = []
    if (failure !== undefined) reasons.push(`the last write failed: ${failure}`)
    const { text } = this.#core
    if (text?.failure !== undefined) reasons.push(`full text search failed (${text.failure}): searches find names and tags only, until the store is opened again`)
    if (state.size === settings.artifactsMax) reasons.push(`all ${settings.artifactsMax} rows are in use; raise "artifactsMax" or delete artifacts`)
    const { panic } = this.#core.guard
    if (panic !== undefined && this.#closing === undefined) return { component: COMPONENT, status: 'quarantined', reasons: [panic.message] }
    const status = this.#closing !== undefined ? 'closed' : reasons.length > 0 ? 'degraded' : 'healthy'
    return { component: COMPONENT, status, reasons }
  }

  onPanic(listener: (error: SymphonyError) => void): () => void {
    return this.#supervision.onPanic(listener)
  }

  checkInvariants(parts: number): string | undefined {
    return this.#supervision.checkInvariants(parts)
  }

  writeMark(): number {
    return this.#core.guard.mark
  }

  quarantine(reason: string): void {
    this.#supervision.quarantine(reason)
  }

  reset(): void {
    this.#core.reset()
  }

  /**
   * Has changes made by another backend from now on, over the same state. When it throws, the store is rebuilt under its own.
   * @param make is given the store's own, to change some of it
   * @throws SymphonyError `INVALID_ARGUMENT`, `BACKEND_PANIC`
   */
  attachBackend(make: ArtifactsBackend | ((own: ArtifactsBackend) => ArtifactsBackend)): void {
    this.#checkOpen()
    this.#supervision.attach(make)
  }

  applyCommand(type: number, body: Uint8Array, lsn: Lsn): void {
    this.#checkOpen()
    this.#core.replay(type, body, lsn)
  }

  describeCommand(type: number, body: Uint8Array): CommandDescription | undefined {
    return describeCommand(type, body)
  }

  snapshot(): Uint8Array {
    this.#checkOpen()
    return this.#core.snapshot()
  }

  restore(snapshot: Uint8Array): void {
    this.#checkOpen()
    this.#core.restore(snapshot)
  }

  afterRecovery(): void {
    this.#core.afterRecovery()
  }

  close(): Promise<void> {
    this.#closing ??= this.#core.close()
    return this.#closing
  }

  #put(bytes: Uint8Array, init: ArtifactInit | undefined, mediaType: string): ArtifactRef {
    const { artifactBytesMax } = this.#core.settings
    if (bytes.length > artifactBytesMax) throw tooLarge(bytes.length, artifactBytesMax)
    return this.#core.put(bytes, checkedDetails(init, mediaType))
  }

  #read(row: number): Uint8Array {
    const { contents, state, uses, clock, guard } = this.#core
    uses[row] = clock.nowMs()
    const bytes = contents.tryRead(row) ?? contents.read(state.stored(row))
    // Where nothing can be believed, a content still proves itself by its address.
    if (guard.panic !== undefined && hash('sha256', bytes, 'hex') !== (state.record(row).ref as string)) throw guard.panic
    return bytes
  }

  /** As `#rowOf`, and after a failure as well: what is found then is good if it matches its address, and what is not found may be there. */
  #readableRow(ref: ArtifactRef): number {
    const { state, guard } = this.#core
    if (guard.panic === undefined) return this.#rowOf(ref)
    this.#checkOpen()
    const row = state.find(ref)
    if (row < 0) throw guard.panic
    return row
  }

  #readJson(row: number): Json {
    const text = textOf(this.#read(row))
    try {
      return JSON.parse(text) as Json
    } catch (cause) {
      const { ref, mediaType } = this.#core.state.record(row)
      const message = `Artifact ${ref} is ${mediaType} and does not parse as JSON: ${(cause as Error).message}. Read it with get() or getText().`
      throw new SymphonyError({ code: 'INVALID_ARGUMENT', component: COMPONENT, message, details: { ref, mediaType }, cause })
    }
  }

  *#refs(): Generator<ArtifactRef, void, undefined> {
    const { state } = this.#core
    let row = state.oldest
    while (row >= 0) {
      const sequence = state.columns.sequence[row] as number
      yield state.record(row).ref
      this.#checkOpen()
      row = state.rowAfter(row, sequence)
    }
  }

  async *#chunks(stored: Stored): AsyncGenerator<Uint8Array, void, undefined> {
    for (const chunk of this.#core.contents.chunks(stored)) {
      yield chunk
      this.#checkOpen()
    }
  }

  #rowOf(ref: ArtifactRef): number {
    this.#check()
    const row = this.#core.state.find(ref)
    if (row < 0) throw unknownArtifact(ref)
    return row
  }

  #check(): void {
    this.#checkOpen()
    this.#core.guard.check()
  }

  #checkOpen(): void {
    if (this.#closing === undefined) return
    throw new SymphonyError({ code: 'CLOSED', component: COMPONENT, message: 'The artifact store was closed. Open a new one.' })
  }
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')
}
