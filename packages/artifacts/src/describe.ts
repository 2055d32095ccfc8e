import type { CommandDescription } from '@symphony/interface'
import { ByteReader } from '@symphony/shared-memory'
import { COMMANDS, decodePut, readRefs, readTags } from './commands.ts'
import { formatHash } from './hash-words.ts'
import { HASH_BYTES, PLACE } from './layout.ts'

const NAMES: ReadonlyMap<number, string> = new Map(Object.entries(COMMANDS).map(([name, type]) => [type, name.toLowerCase()]))

/** What a command says. Undefined for what cannot be read. */
export function describeCommand(type: number, body: Uint8Array): CommandDescription | undefined {
  const name = NAMES.get(type)
  if (name === undefined) return undefined
  try {
    return { name, fields: fieldsOf(type, body) }
  } catch {
    return undefined
  }
}

function fieldsOf(type: number, body: Uint8Array): CommandDescription['fields'] {
  if (type === COMMANDS.PUT) return describePut(body)
  const reader = new ByteReader(body)
  if (type === COMMANDS.REMEMBER) return { key: reader.string(), refs: readRefs(reader) }
  if (type === COMMANDS.FORGET) return { key: reader.string() }
  const ref = formatHash(reader.raw(HASH_BYTES))
  return type === COMMANDS.TAG ? { ref, tags: readTags(reader) } : { ref }
}

function describePut(body: Uint8Array): CommandDescription['fields'] {
  const { ref, sizeBytes, place, atMs, details, content } = decodePut(body)
  const { mediaType, name, madeBy, tags, parents, text } = details
  const where = place.pack === PLACE.OWN_FILE ? { place: 'own file' } : content === undefined ? { pack: place.pack, offset: place.offset } : { place: 'log' }
  return {
    ref, sizeBytes, mediaType, ...where, atMs,
    ...(name === undefined ? {} : { name }),
    ...(madeBy === undefined ? {} : { madeBy }),
    ...(Object.keys(tags).length === 0 ? {} : { tags }),
    ...(parents.length === 0 ? {} : { parents }),
    ...(text === undefined ? {} : { textCharacters: text.length }),
  }
}
