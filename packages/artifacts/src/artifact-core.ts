import { hash } from 'node:crypto'
import { COMPONENT_IDS, EVENTS, toErrorData } from '@symphony/interface'
import type { ArtifactRef, Clock, CommandLog, EventSink, Lsn, Turns } from '@symphony/interface'
import { nodeFileSystem, nullEvents, silentLogger, systemClock, systemTurns } from '@symphony/ports'
import { ByteWriter, ChangeGuard } from '@symphony/shared-memory'
import { ArtifactState } from './artifact-state.ts'
import { typescriptBackend } from './artifacts-backend.ts'
import type { ArtifactsBackend } from './artifacts-backend.ts'
import { replayCommand } from './command-replay.ts'
import { COMMANDS, encodeForget, encodePut, encodeRef, encodeRemember, encodeTag } from './commands.ts'
import type { Place } from './commands.ts'
import type { Contents, ContentWriter, FinishedContent, Stored } from './contents.ts'
import type { Details } from './details.ts'
import { COMPONENT } from './failures.ts'
import { FolderContents } from './folder-contents.ts'
import { parseHash } from './hash-words.ts'
import type { ArtifactsPorts, Settings } from './init.ts'
import { HASH_WORDS } from './layout.ts'
import { MemoryContents } from './memory-contents.ts'
import { restoreState, snapshotState } from './state-snapshot.ts'
import type { Intake } from './stream-intake.ts'
import { TextIndex } from './text-index.ts'

/** What a new artifact is made of, once its bytes are where a record may refer to them. */
export interface NewArtifact {
  readonly ref: ArtifactRef
  readonly sizeBytes: number
  readonly place: Place
  readonly details: Details
  /** The bytes, where they are at hand. */
  readonly bytes: Uint8Array | undefined
  /** The bytes are the store's own already. */
  readonly isOwn: boolean
}

/**
 * The writing half of the store: every change, in the order bytes, record, state, caches. Callers have checked their arguments.
 */
export class ArtifactCore {
  readonly settings: Settings
  readonly clock: Clock
  readonly turns: Turns
  readonly events: EventSink
  readonly state: ArtifactState
  readonly guard: ChangeGuard
  /** Who changes the state. */
  backend: ArtifactsBackend = typescriptBackend
  readonly contents: Contents
  readonly folder: FolderContents | undefined
  readonly text: TextIndex | undefined
  readonly isPersistent: boolean
  readonly uses: Float64Array
  puts = 0
  deduplicatedBytes = 0
  /** Why the last write failed; undefined since one succeeded. */
  failure: string | undefined
  readonly #log: CommandLog | undefined
  readonly #memory: MemoryContents | undefined
  readonly #writer = new ByteWriter(4096)
  readonly #words = new Int32Array(HASH_WORDS)
  readonly #digest = new Uint8Array(this.#words.buffer)
  /** Deletes that were replayed; their files go when everything was, since a later command may have put them again. */
  #replayedDeletes: Stored[] = []

  constructor(settings: Settings, ports: ArtifactsPorts) {
    const { clock = systemClock, log, events = nullEvents, fileSystem = nodeFileSystem, logger = silentLogger, turns = systemTurns } = ports
    const { folder, artifactsMax, search } = settings
    this.settings = settings
    this.clock = clock
    this.turns = turns
    this.events = events
    this.#log = log
    this.isPersistent = folder !== undefined && log !== undefined
    this.state = new ArtifactState(artifactsMax)
    this.guard = new ChangeGuard(this.state.region, { component: COMPONENT, who: 'The artifact store' })
    this.uses = this.state.region.tables.uses.columns.atMs
    if (folder === undefined) this.contents = this.#memory = new MemoryContents()
    else this.contents = this.folder = new FolderContents({ ...settings, folder }, { fileSystem, log, logger }, this.#whatLives())
    this.text = search === false ? undefined : new TextIndex(this.state, this.contents)
  }

  put(bytes: Uint8Array, details: Details): ArtifactRef {
    this.guard.check()
    const ref = hash('sha256', bytes, 'hex') as ArtifactRef
    const row = this.state.find(ref)
    if (row >= 0) return this.#putAgain(row, bytes.length, details)
    this.state.checkRoom()
    parseHash(ref, this.#words)
    const place = this.#writing(() => this.contents.store(ref, this.#digest, bytes))
    return this.#add(ref, bytes.length, place, details, bytes, false)
  }

  openWriter(): ContentWriter {
    const writer = this.#writing(() => this.contents.writer())
    return { ...writer, write: (chunk) => this.#writing(() => writer.write(chunk)) }
  }

  /** Puts what a stream left. */
  putTaken(taken: Intake, details: Details): ArtifactRef {
    const { panic } = this.guard
    if (panic !== undefined && taken.type === 'written') taken.writer.abort()
    this.guard.check()
    if (taken.type === 'bytes') return this.put(taken.bytes, details)
    const { ref, sizeBytes } = taken
    const row = this.state.find(ref)
    if (row >= 0) {
      taken.writer.abort()
      return this.#putAgain(row, sizeBytes, details)
    }
    const { place, bytes } = this.#finish(taken)
    return this.add({ ref, sizeBytes, place, details, bytes, isOwn: true })
  }

  /** Makes an artifact of bytes that are in their place. */
  add({ ref, sizeBytes, place, details, bytes, isOwn }: NewArtifact): ArtifactRef {
    parseHash(ref, this.#words)
    return this.#add(ref, sizeBytes, place, details, bytes, isOwn)
  }

  /** The same, with the address in `#words`. */
  #add(ref: ArtifactRef, sizeBytes: number, place: Place, details: Details, bytes: Uint8Array | undefined, isOwn: boolean): ArtifactRef {
    const atMs = this.clock.nowMs()
    const content = this.contents.carriesContent ? bytes : undefined
    const command = { ref, words: this.#words, sizeBytes, place, atMs, details, content }
    this.#append(COMMANDS.PUT, encodePut, command)
    const row = this.guard.run(() => {
      const added = this.backend.put(this.state, command)
      if (bytes !== undefined) this.contents.keep(added, bytes, isOwn)
      return added
    })
    this.puts++
    this.#textChanged(row)
    this.events.publish(EVENTS.ARTIFACT_PUT, row, sizeBytes, 0)
    return ref
  }

  tag(row: number, tags: Readonly<Record<string, string>>): void {
    const { ref } = this.state.record(row)
    this.#append(COMMANDS.TAG, encodeTag, ref, tags)
    this.guard.run(() => this.backend.tag(this.state, row, tags))
    this.#textChanged(row)
  }

  pin(row: number, by: 1 | -1): void {
    const { ref } = this.state.record(row)
    this.#append(by === 1 ? COMMANDS.PIN : COMMANDS.UNPIN, encodeRef, ref)
    this.guard.run(() => this.backend.pin(this.state, row, by))
  }

  delete(row: number): void {
    const stored = this.state.stored(row)
    const lsn = this.#append(COMMANDS.DELETE, encodeRef, stored.ref)
    this.guard.run(() => this.backend.delete(this.state, row))
    this.text?.removed(row)
    this.contents.drop(stored, lsn)
    this.events.publish(EVENTS.ARTIFACT_DELETED, row, stored.sizeBytes, 0)
  }

  remember(key: string, refs: readonly ArtifactRef[]): void {
    const known = this.state.results.get(key)
    if (known?.length === refs.length && known.every((ref, at) => ref === refs[at])) return
    this.#append(COMMANDS.REMEMBER, encodeRemember, key, refs)
    this.guard.run(() => this.backend.remember(this.state, key, refs))
  }

  forget(key: string): boolean {
    if (!this.state.results.has(key)) return false
    this.#append(COMMANDS.FORGET, encodeForget, key)
    this.guard.run(() => this.backend.forget(this.state, key))
    return true
  }

  replay(type: number, body: Uint8Array, lsn: Lsn): void {
    const replayed = replayCommand(this.state, type, body)
    this.state.region.appliedLsn[0] = lsn
    if (replayed.type === 'nothing') return
    if (replayed.type === 'deleted') {
      this.text?.removed(replayed.stored.row)
      if (this.#memory === undefined) this.#replayedDeletes.push(replayed.stored)
      else this.#memory.drop(replayed.stored)
      return
    }
    if (replayed.type === 'put' && replayed.content !== undefined) this.contents.keep(replayed.row, replayed.content, false)
    this.text?.changed(replayed.row)
  }

  snapshot(): Uint8Array {
    return snapshotState(this.state, this.#memory)
  }

  restore(snapshot: Uint8Array): void {
    restoreState(this.state, this.#memory, snapshot)
    this.folder?.forgetAll()
    this.#replayedDeletes = []
    this.text?.reset()
  }

  /** Forgets all that is logged, to be told it again. Files stay. */
  reset(): void {
    this.state.clear()
    this.#memory?.forgetAll()
    this.folder?.forgetAll()
    this.#replayedDeletes = []
    this.text?.reset()
    this.backend = typescriptBackend
    this.guard.clear()
  }

  afterRecovery(): void {
    const lsn = this.state.region.appliedLsn[0] as Lsn
    for (const stored of this.#replayedDeletes.splice(0)) this.contents.drop(stored, lsn)
    if (this.settings.search === true) this.text?.refresh()
  }

  /** For who removes files: of a state that cannot be believed, everything lives. */
  #whatLives(): Pick<ArtifactState, 'knownPack' | 'livesInPack' | 'isLive'> {
    const { state, guard } = this
    return {
      knownPack: () => state.knownPack(),
      livesInPack: (pack) => guard.panic !== undefined || state.livesInPack(pack),
      isLive: (ref) => guard.panic !== undefined || state.isLive(ref),
    }
  }

  async close(): Promise<void> {
    const log = this.#log
    // The log forces our open files before its records, so they stay open until it has. If it fails, it has told everybody.
    if (this.folder !== undefined && log !== undefined && log.durableLsn < log.lastLsn) await log.durable(log.lastLsn).catch(() => {})
    this.contents.close()
  }

  /** Content that is here already: what came with it may still add to what is known. */
  #putAgain(row: number, sizeBytes: number, details: Details): ArtifactRef {
    const { ref } = this.state.record(row)
    const atMs = this.clock.nowMs()
    if (this.state.wouldMerge(row, details)) {
      parseHash(ref, this.#words)
      const command = { ref, words: this.#words, sizeBytes, place: this.state.stored(row).place, atMs, details, content: undefined }
      this.#append(COMMANDS.PUT, encodePut, command)
      this.guard.run(() => this.backend.put(this.state, command))
      this.#textChanged(row)
    }
    this.uses[row] = atMs
    this.puts++
    this.deduplicatedBytes += sizeBytes
    this.events.publish(EVENTS.ARTIFACT_PUT, row, sizeBytes, 1)
    return ref
  }

  #finish({ writer, ref }: Intake & { readonly type: 'written' }): FinishedContent {
    try {
      this.state.checkRoom()
      return this.#writing(() => writer.finish(ref))
    } catch (error) {
      writer.abort()
      throw error
    }
  }

  /** Without a log nothing is encoded: there is nobody to read it. */
  #append<Args extends readonly unknown[]>(type: number, encode: (writer: ByteWriter, ...args: Args) => Uint8Array, ...args: Args): Lsn {
    if (this.#log === undefined) return 0 as Lsn
    const lsn = this.#log.append(COMPONENT_IDS.artifacts, type, encode(this.#writer, ...args))
    this.state.region.appliedLsn[0] = lsn
    return lsn
  }

  #writing<T>(write: () => T): T {
    try {
      const result = write()
      this.failure = undefined
      return result
    } catch (error) {
      const { code, message } = toErrorData(error, COMPONENT, 'STORAGE_FAILED')
      this.failure = `${code}: ${message}`
      throw error
    }
  }

  #textChanged(row: number): void {
    if (this.text === undefined) return
    this.text.changed(row)
    if (this.settings.search === true) this.text.refresh()
  }
}
