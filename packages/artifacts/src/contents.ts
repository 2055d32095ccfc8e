import type { ArtifactRef, Lsn } from '@symphony/interface'
import type { Place } from './commands.ts'

/** An artifact's bytes: which, and where. */
export interface Stored {
  readonly row: number
  readonly ref: ArtifactRef
  readonly place: Place
  readonly sizeBytes: number
}

/** Where a stream's bytes came to lie. */
export interface FinishedContent {
  readonly place: Place
  /** The bytes, when they are in memory. */
  readonly bytes: Uint8Array | undefined
}

/** Takes a stream's chunks before its address is known. */
export interface ContentWriter {
  /** Takes the chunk or a copy of it: the caller may reuse its bytes. */
  write(chunk: Uint8Array): void
  /** All chunks were taken: makes them readable. Nothing else may be called afterwards. */
  finish(ref: ArtifactRef): FinishedContent
  /** Leaves nothing behind. */
  abort(): void
}

/** Where the bytes are. In a folder, or in memory. */
export interface Contents {
  /** True when there is no other place than the log for bytes that have to survive. */
  readonly carriesContent: boolean
  readonly cacheHits: number
  readonly cacheMisses: number
  readonly cachedBytes: number
  /** Puts bytes where a record may refer to them. Called before the record is logged. */
  store(ref: ArtifactRef, digest: Uint8Array, bytes: Uint8Array): Place
  writer(): ContentWriter
  /** The row's bytes, now that the row exists: to be kept (in memory), or worth keeping at hand (in a folder). Copied. */
  keep(row: number, bytes: Uint8Array, isOwn: boolean): void
  /** The row is free: its bytes may go when `lsn` is durable. */
  drop(stored: Stored, lsn: Lsn): void
  /** The bytes if they are at hand. */
  tryRead(row: number): Uint8Array | undefined
  /** The bytes, checked against their address. @throws SymphonyError `ARTIFACT_CORRUPT` */
  read(stored: Stored): Uint8Array
  /** The first bytes, unchecked: for indexing, never handed out. */
  prefix(stored: Stored, bytesMax: number): Uint8Array
  /** The bytes in chunks; the last one comes only if all of them match the address. @throws SymphonyError `ARTIFACT_CORRUPT` */
  chunks(stored: Stored): Generator<Uint8Array, void, undefined>
  /** Reads back from the disk, past every cache; throws ARTIFACT_CORRUPT like `read`. A step is a bounded piece of work. */
  scrub(stored: Stored): Generator<void, void, undefined>
  close(): void
}
