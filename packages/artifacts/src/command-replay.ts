import { SymphonyError } from '@symphony/interface'
import type { ArtifactRef } from '@symphony/interface'
import { ByteReader } from '@symphony/shared-memory'
import type { ArtifactState } from './artifact-state.ts'
import { COMMANDS, decodePut, readRefs, readTags } from './commands.ts'
import type { Stored } from './contents.ts'
import { COMPONENT } from './failures.ts'
import { formatHash } from './hash-words.ts'
import { HASH_BYTES } from './layout.ts'

/** What a logged command did to a row: what the caches beside the state have to hear of. */
export type Replayed =
  | { readonly type: 'put'; readonly row: number; readonly content: Uint8Array | undefined }
  | { readonly type: 'changed'; readonly row: number }
  | { readonly type: 'deleted'; readonly stored: Stored }
  | { readonly type: 'nothing' }

const NOTHING: Replayed = { type: 'nothing' }

/** Decodes a logged command and applies it by the functions live calls use. @throws SymphonyError `LAYOUT_MISMATCH`, `REGION_CORRUPT` */
export function replayCommand(state: ArtifactState, type: number, body: Uint8Array): Replayed {
  if (type === COMMANDS.PUT) {
    const command = decodePut(body)
    return { type: 'put', row: state.applyPut(command), content: command.content }
  }
  const reader = new ByteReader(body)
  if (type === COMMANDS.REMEMBER) {
    const key = reader.string()
    state.results.set(key, readRefs(reader).map((ref) => state.canonical(ref)))
    return NOTHING
  }
  if (type === COMMANDS.FORGET) {
    state.results.delete(reader.string())
    return NOTHING
  }
  return replayOnRow(state, type, reader)
}

function replayOnRow(state: ArtifactState, type: number, reader: ByteReader): Replayed {
  if (type !== COMMANDS.TAG && type !== COMMANDS.PIN && type !== COMMANDS.UNPIN && type !== COMMANDS.DELETE) {
    throw new SymphonyError({
      code: 'LAYOUT_MISMATCH',
      component: COMPONENT,
      message: `The log has a command of type ${type}, which this version does not know. Open it with the version that wrote it.`,
    })
  }
  const ref = formatHash(reader.raw(HASH_BYTES))
  const row = rowOf(state, ref)
  if (type === COMMANDS.DELETE) {
    const stored = state.stored(row)
    state.applyDelete(row)
    return { type: 'deleted', stored }
  }
  if (type === COMMANDS.TAG) state.applyTag(row, readTags(reader))
  else state.applyPin(row, type === COMMANDS.PIN ? 1 : -1)
  return { type: 'changed', row }
}

function rowOf(state: ArtifactState, ref: ArtifactRef): number {
  const row = state.find(ref)
  if (row >= 0) return row
  throw new SymphonyError({
    code: 'REGION_CORRUPT',
    component: COMPONENT,
    message: `The log has a command about ${ref}, which nothing before it put here. Replay onto the checkpoint the log continues.`,
  })
}
