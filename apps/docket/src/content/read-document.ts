import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { FILE_BYTES_MAX } from './scan.ts'
import { unreadable, type UnreadableContent } from './unreadable.ts'

/**
 * Reads a file that a scan listed. What lies under the path may have changed since: a link, a pipe or a grown file is answered with
 * a verdict instead of being followed, waited for or swallowed.
 *
 * @param place absolute path.
 */
export function readDocument(place: string, fileBytesMax: number = FILE_BYTES_MAX): Uint8Array<ArrayBuffer> | UnreadableContent {
  let file: number | undefined
  try {
    // Not blocking, because opening a pipe would otherwise wait for its other end.
    file = openSync(place, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0))
    const stat = fstatSync(file)
    if (!stat.isFile()) return unreadable('not-a-file', 'It is no longer a file.')
    if (stat.size > fileBytesMax) return unreadable('too-large', `The file has ${stat.size} bytes; the limit is ${fileBytesMax}.`)
    return readWhole(file, stat.size)
  } catch (error) {
    return explain(error as NodeJS.ErrnoException)
  } finally {
    if (file !== undefined) closeSync(file)
  }
}

function readWhole(file: number, size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size)
  let filled = 0
  while (filled < size) {
    const count = readSync(file, bytes, filled, size - filled, filled)
    if (count === 0) return bytes.slice(0, filled)
    filled += count
  }
  return bytes
}

function explain(error: NodeJS.ErrnoException): UnreadableContent {
  if (error.code === 'EACCES' || error.code === 'EPERM') return unreadable('permission-denied', 'Reading the file is not permitted.')
  if (error.code === 'ELOOP') return unreadable('symlink', 'The file was replaced by a link; it is not followed.')
  return unreadable('read-failed', `The file cannot be read (${error.code ?? error.message}).`)
}
