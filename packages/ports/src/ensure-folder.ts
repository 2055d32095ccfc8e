import { dirname } from 'node:path'
import type { FileSystem } from '@symphony/interface'

/**
 * Makes a folder, and its name durable: what is forced inside of it survives a power cut then. A process may have died between the two,
 * so an existing folder is no proof of it; nor is an ancestor that holds nothing else.
 *
 * @param isProven something lies in the folder that is only put there once its name is durable: then there is nothing to do
 * @throws SymphonyError of the file system
 * @example
 * ensureFolder(fileSystem, 'state/log', fileSystem.stat('state/log/first-segment') !== undefined)
 */
export function ensureFolder(fileSystem: FileSystem, folder: string, isProven: boolean): void {
  const parent = dirname(folder)
  if (isProven || parent === folder) return
  if (fileSystem.stat(parent) === undefined || fileSystem.list(parent).length <= 1) ensureFolder(fileSystem, parent, false)
  if (fileSystem.stat(folder) === undefined) fileSystem.makeFolder(folder)
  fileSystem.syncFolder(parent)
}
