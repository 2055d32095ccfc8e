import { accessSync, constants, mkdtempSync } from 'node:fs'
import { join } from 'node:path'

/**
 * A folder on real files that are in memory, where the system has such a place, or else in the folder given: for what is about the order of
 * calls, not about how long a disk takes for them. The caller removes it.
 */
export function memoryFolder(otherwise: string): string {
  try {
    accessSync('/dev/shm', constants.W_OK)
    return mkdtempSync(join('/dev/shm', 'symphony-torture-'))
  } catch {
    return mkdtempSync(join(otherwise, 'memory-'))
  }
}
