import { closeSync, fdatasyncSync, fsyncSync, ftruncateSync, mkdirSync, openSync, readdirSync, readSync, renameSync, rmSync, statSync, writeSync } from 'node:fs'
import { SymphonyError } from '@symphony/interface'
import type { ErrorCode, FileSystem } from '@symphony/interface'

const codes: Readonly<Record<string, ErrorCode>> = {
  ENOSPC: 'STORAGE_FULL',
  EDQUOT: 'STORAGE_FULL',
  EROFS: 'STORAGE_READ_ONLY',
  EACCES: 'STORAGE_READ_ONLY',
  EPERM: 'STORAGE_READ_ONLY',
  ENOENT: 'NOT_FOUND',
  EEXIST: 'ALREADY_EXISTS',
}

const nextStep: Readonly<Partial<Record<ErrorCode, string>>> = {
  STORAGE_FULL: 'Free some space and start again; nothing that was acknowledged is lost.',
  STORAGE_READ_ONLY: 'Give the process write permission there, or choose another state folder.',
}

/** A failure of the file system as the error every caller of the port expects. */
export function storageError(cause: unknown, action: string): SymphonyError {
  const errno = (cause as NodeJS.ErrnoException).code ?? 'UNKNOWN'
  const code = codes[errno] ?? 'STORAGE_FAILED'
  const message = `Could not ${action}: ${(cause as Error).message}. ${nextStep[code] ?? ''}`.trim()
  return new SymphonyError({ code, component: 'file-system', message, details: { errno }, cause })
}

function attempt<T>(action: string, run: () => T): T {
  try {
    return run()
  } catch (cause) {
    throw storageError(cause, action)
  }
}

/** Node's recursive form says "not found" whatever the system said, so it is the second choice. */
function makeFolder(path: string): void {
  try {
    mkdirSync(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') mkdirSync(path, { recursive: true })
    else if (code !== 'EEXIST' || !statSync(path).isDirectory()) throw error
  }
}

/** The machine's files, through synchronous calls. A partial write, which Node reports as success, is written on or fails. */
export const nodeFileSystem: FileSystem = {
  open: (path, mode) => attempt(`open ${path}`, () => openSync(path, mode, 0o644)),
  close: (file) => attempt('close a file', () => closeSync(file)),
  read: (file, into, position) =>
    attempt('read', () => {
      let total = 0
      while (total < into.length) {
        const count = readSync(file, into, total, into.length - total, position + total)
        if (count === 0) break
        total += count
      }
      return total
    }),
  write: (file, bytes, position) =>
    attempt('write', () => {
      let total = 0
      while (total < bytes.length) total += writeSync(file, bytes, total, bytes.length - total, position + total)
    }),
  syncData: (file) => attempt('force data to the disk', () => fdatasyncSync(file)),
  syncFolder: (path) =>
    attempt(`force folder ${path} to the disk`, () => {
      const folder = openSync(path, 'r')
      try {
        fsyncSync(folder)
      } finally {
        closeSync(folder)
      }
    }),
  truncate: (file, sizeBytes) => attempt('truncate', () => ftruncateSync(file, sizeBytes)),
  rename: (from, to) => attempt(`rename ${from}`, () => renameSync(from, to)),
  remove: (path) => attempt(`remove ${path}`, () => rmSync(path, { force: true })),
  makeFolder: (path) => attempt(`make folder ${path}`, () => makeFolder(path)),
  list: (path) => attempt(`list ${path}`, () => readdirSync(path).sort()),
  stat: (path) =>
    attempt(`look at ${path}`, () => {
      const stat = statSync(path, { throwIfNoEntry: false })
      return stat && { sizeBytes: stat.size, mtimeMs: stat.mtimeMs, isFile: stat.isFile(), isDirectory: stat.isDirectory() }
    }),
}
