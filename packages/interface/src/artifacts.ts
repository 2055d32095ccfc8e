import type { ArtifactRef, Json } from './brands.ts'
import type { Component, ComponentHealth, Recoverable, Startable } from './component.ts'

/** What is known of an artifact beside its bytes. Given at the first put; later puts of the same content add tags and parents. */
export interface ArtifactInit {
  /** Default `application/octet-stream`, or `text/plain` for strings, or `application/json`. */
  readonly mediaType?: string
  /** A name with versions: each new content put under it becomes the newest. */
  readonly name?: string
  readonly tags?: Readonly<Record<string, string>>
  /** Artifacts this one was made of. */
  readonly parents?: readonly ArtifactRef[]
  /** Who made it, for lineage: a task type, a person. */
  readonly madeBy?: string
  /** How long it took to make: what deleting it would cost. */
  readonly costMs?: number
  /** 0 to 1, as the maker judges it. */
  readonly quality?: number
  /** Text to find it by. Default: the content itself for text, nothing for the rest. False: not searchable. */
  readonly text?: string | false
}

export interface ArtifactHead {
  readonly ref: ArtifactRef
  readonly sizeBytes: number
  readonly mediaType: string
  readonly createdAtMs: number
  readonly name: string | undefined
  readonly tags: Readonly<Record<string, string>>
  readonly parents: readonly ArtifactRef[]
  readonly madeBy: string | undefined
  readonly costMs: number
  readonly quality: number | undefined
  readonly pins: number
}

export interface ArtifactVersion {
  readonly version: number
  readonly ref: ArtifactRef
  readonly createdAtMs: number
}

/** What an artifact comes from and what came of it, one step each way. */
export interface Lineage {
  readonly ref: ArtifactRef
  readonly madeBy: string | undefined
  readonly parents: readonly ArtifactRef[]
  readonly children: readonly ArtifactRef[]
}

export interface ArtifactQuery {
  /** Words to find, ranked by BM25. */
  readonly text?: string
  /** All must match exactly. */
  readonly tags?: Readonly<Record<string, string>>
  readonly mediaType?: string
  readonly madeBy?: string
  /** Default 20. */
  readonly limit?: number
}

export interface ArtifactHit {
  readonly ref: ArtifactRef
  readonly score: number
  readonly head: ArtifactHead
}

export interface ArtifactMetrics {
  readonly artifacts: number
  readonly storedBytes: number
  /** Bytes that were put but already there. */
  readonly deduplicatedBytes: number
  readonly puts: number
  readonly cacheHits: number
  readonly cacheMisses: number
  readonly cachedBytes: number
  readonly remembered: number
  readonly recallHits: number
  readonly recallMisses: number
}

/**
 * Remembers everything once: content by its hash, facts about it, and results by what they were computed from.
 *
 * A put is visible when it returns; it is durable when the log says so. Bytes are verified against their address whenever they
 * come from the disk.
 */
export interface ArtifactStore extends Component, Startable, Recoverable {
  /**
   * Stores content once and returns its address. Strings are UTF-8.
   * @throws SymphonyError `ARTIFACT_TOO_LARGE`, `STORAGE_FULL`, `STORAGE_FAILED`, `CLOSED`
   */
  put(content: Uint8Array | string, init?: ArtifactInit): ArtifactRef
  /** Stores a value as canonical JSON (keys sorted), so that equal values have one address. */
  putJson(value: Json, init?: ArtifactInit): ArtifactRef
  /** Stores a stream of any length in bounded memory. */
  putStream(content: AsyncIterable<Uint8Array>, init?: ArtifactInit): Promise<ArtifactRef>
  /** The bytes. Do not write to them: they may be shared. @throws `ARTIFACT_UNKNOWN`, `ARTIFACT_CORRUPT` */
  get(ref: ArtifactRef): Uint8Array
  getText(ref: ArtifactRef): string
  getJson(ref: ArtifactRef): Json
  /** The content as the value it was made of: parsed when its media type is `application/json`, otherwise its bytes. @throws as `get` and `getJson` */
  getValue(ref: ArtifactRef): Json | Uint8Array
  /** The content in chunks, for what should not be in memory at once. */
  open(ref: ArtifactRef): AsyncIterable<Uint8Array>
  has(ref: ArtifactRef): boolean
  head(ref: ArtifactRef): ArtifactHead | undefined
  tag(ref: ArtifactRef, tags: Readonly<Record<string, string>>): void
  /** The newest version under a name. */
  latest(name: string): ArtifactRef | undefined
  versions(name: string): readonly ArtifactVersion[]
  lineage(ref: ArtifactRef): Lineage
  /** @throws SymphonyError `NOT_SUPPORTED` if `supports.features.search` is false */
  search(query: ArtifactQuery): readonly ArtifactHit[]
  /** A pinned artifact is never deleted. Pins count. */
  pin(ref: ArtifactRef): void
  unpin(ref: ArtifactRef): void
  /** Forgets content. False when it was not there. @throws `ARTIFACT_PINNED` */
  delete(ref: ArtifactRef): boolean
  /** The result remembered under a key, if all of it is still there. */
  recall(key: string): readonly ArtifactRef[] | undefined
  remember(key: string, refs: readonly ArtifactRef[]): void
  forget(key: string): boolean
  /** Refs of all artifacts, oldest first. */
  refs(): IterableIterator<ArtifactRef>
  /** Reads everything back and compares; returns what no longer matches. */
  verify(): AsyncIterable<ArtifactRef>
  metrics(): ArtifactMetrics
  health(): ComponentHealth
  close(): Promise<void>
}
