import { dirname } from 'node:path'
import type { FileSystem } from '@symphony/interface'

/**
 * Makes a folder, with those above it that are missing, so that a power cut cannot take it back: each new name is forced into the folder
 * above before anything is put into the new one. So a folder that holds something is there for good; an empty one may be from a process
 * that ended before it could force it, and is forced again.
 *
 * @param folder an absolute path
 * @throws what the file system throws
 * @example
 * ensureFolder(nodeFileSystem, '/var/lib/mine/state')
 */
export function ensureFolder(fileSystem: FileSystem, folder: string): void {
  const parent = dirname(folder)
  if (parent === folder) return
  if (fileSystem.stat(folder) === undefined) {
    ensureFolder(fileSystem, parent)
    fileSystem.makeFolder(folder)
    fileSystem.syncFolder(parent)
  } else if (fileSystem.list(folder).length === 0) {
    try {
      fileSystem.syncFolder(parent)
    } catch {
      // Not made by us: the folder above may be one that we cannot even open.
    }
  }
}
