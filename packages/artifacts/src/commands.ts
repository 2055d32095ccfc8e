import type { ArtifactRef } from '@symphony/interface'
import { ByteReader } from '@symphony/shared-memory'
import type { ByteWriter } from '@symphony/shared-memory'
import { MEDIA_TYPES, NO_PARENTS, NO_TAGS } from './details.ts'
import type { Details } from './details.ts'
import { formatHash, parseHash } from './hash-words.ts'
import { HASH_BYTES, HASH_WORDS } from './layout.ts'

/** Numbers of the commands in logs, fixed for ever. */
export const COMMANDS = { PUT: 1, TAG: 2, PIN: 3, UNPIN: 4, DELETE: 5, REMEMBER: 6, FORGET: 7 } as const

/** Where content lies: see `PLACE` and the `pack` column. */
export interface Place {
  readonly pack: number
  readonly offset: number
}

export interface PutCommand {
  readonly ref: ArtifactRef
  /** The address as words; a view that the next command may overwrite. */
  readonly words: Int32Array
  readonly sizeBytes: number
  readonly place: Place
  readonly atMs: number
  readonly details: Details
  /** The bytes themselves, for a store that has no other place for them. */
  readonly content: Uint8Array | undefined
}

// The three common media types cost a byte; any other is spelled out.
const SPELLED = 0
const mediaTypes: readonly string[] = ['', MEDIA_TYPES.BYTES, MEDIA_TYPES.TEXT, MEDIA_TYPES.JSON]
const HAS = { NAME: 1, MADE_BY: 2, TAGS: 4, PARENTS: 8, TEXT: 16, CONTENT: 32 } as const

export function encodePut(writer: ByteWriter, command: PutCommand): Uint8Array {
  const { place, details, content } = command
  writer.reset().hex(command.ref)
  writer.f64(command.sizeBytes).i32(place.pack).f64(place.offset).f64(command.atMs)
  writeDetails(writer, details, content === undefined ? 0 : HAS.CONTENT)
  if (content !== undefined) writer.bytes(content)
  return writer.view()
}

export function decodePut(body: Uint8Array): PutCommand {
  const reader = new ByteReader(body)
  const ref = formatHash(reader.raw(HASH_BYTES))
  const words = new Int32Array(HASH_WORDS)
  parseHash(ref, words)
  const sizeBytes = reader.f64()
  const place = { pack: reader.i32(), offset: reader.f64() }
  const atMs = reader.f64()
  const [details, has] = readDetails(reader)
  return { ref, words, sizeBytes, place, atMs, details, content: (has & HAS.CONTENT) === 0 ? undefined : reader.bytes() }
}

/** @param also bits beyond the details' own, for what follows them */
function writeDetails(writer: ByteWriter, details: Details, also: number = 0): void {
  const { mediaType, name, madeBy, tags, parents, text } = details
  const hasTags = tags !== NO_TAGS && Object.keys(tags).length > 0
  let has = also
  if (name !== undefined) has |= HAS.NAME
  if (madeBy !== undefined) has |= HAS.MADE_BY
  if (hasTags) has |= HAS.TAGS
  if (parents.length > 0) has |= HAS.PARENTS
  if (text !== undefined) has |= HAS.TEXT
  const known = mediaTypes.indexOf(mediaType)
  writer.u8(has).u8(details.searchText).f64(details.costMs).f64(details.quality).u8(known < 0 ? SPELLED : known)
  if (known < 0) writer.string(mediaType)
  if (name !== undefined) writer.string(name)
  if (madeBy !== undefined) writer.string(madeBy)
  if (hasTags) writeTags(writer, tags)
  if (parents.length > 0) writeRefs(writer, parents)
  if (text !== undefined) writer.string(text)
}

function readDetails(reader: ByteReader): readonly [details: Details, has: number] {
  const has = reader.u8()
  const searchText = reader.u8()
  const costMs = reader.f64()
  const quality = reader.f64()
  const known = reader.u8()
  const mediaType = known === SPELLED ? reader.string() : (mediaTypes[known] as string)
  const name = (has & HAS.NAME) === 0 ? undefined : reader.string()
  const madeBy = (has & HAS.MADE_BY) === 0 ? undefined : reader.string()
  const tags = (has & HAS.TAGS) === 0 ? NO_TAGS : readTags(reader)
  const parents = (has & HAS.PARENTS) === 0 ? NO_PARENTS : Object.freeze(readRefs(reader))
  const text = (has & HAS.TEXT) === 0 ? undefined : reader.string()
  return [{ mediaType, name, tags, parents, madeBy, costMs, quality, searchText, text }, has]
}

export function encodeTag(writer: ByteWriter, ref: ArtifactRef, tags: Readonly<Record<string, string>>): Uint8Array {
  writer.reset().hex(ref)
  writeTags(writer, tags)
  return writer.view()
}

export function encodeRef(writer: ByteWriter, ref: ArtifactRef): Uint8Array {
  return writer.reset().hex(ref).view()
}

export function encodeRemember(writer: ByteWriter, key: string, refs: readonly ArtifactRef[]): Uint8Array {
  writeRefs(writer.reset().string(key), refs)
  return writer.view()
}

export function encodeForget(writer: ByteWriter, key: string): Uint8Array {
  return writer.reset().string(key).view()
}

export function readTags(reader: ByteReader): Readonly<Record<string, string>> {
  const entries: [string, string][] = []
  for (let count = reader.u32(); count > 0; count--) entries.push([reader.string(), reader.string()])
  return Object.freeze(Object.fromEntries(entries))
}

export function readRefs(reader: ByteReader): ArtifactRef[] {
  const refs: ArtifactRef[] = []
  for (let count = reader.u32(); count > 0; count--) refs.push(formatHash(reader.raw(HASH_BYTES)))
  return refs
}

export function writeTags(writer: ByteWriter, tags: Readonly<Record<string, string>>): void {
  const entries = Object.entries(tags)
  writer.u32(entries.length)
  for (const [key, value] of entries) writer.string(key).string(value)
}

export function writeRefs(writer: ByteWriter, refs: readonly ArtifactRef[]): void {
  writer.u32(refs.length)
  for (const ref of refs) writer.hex(ref)
}
