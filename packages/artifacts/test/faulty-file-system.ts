import { SymphonyError } from '@symphony/interface'
import type { FileSystem } from '@symphony/interface'
import { nodeFileSystem } from '@symphony/ports'

/** The machine's files with a disk that can be made full: a write takes what still fits, then fails, as a real one does. */
export interface FaultyFileSystem extends FileSystem {
  freeBytes: number
  /** Calls so far, by name. */
  readonly calls: Record<string, number>
  /** Files that are open. */
  readonly opened: Set<number>
}

/** @param trace told of every call that forces something to the device */
export function faultyFileSystem(trace: string[] = []): FaultyFileSystem {
  const calls: Record<string, number> = {}
  const open = new Set<number>()
  const counting = Object.fromEntries(
    Object.entries(nodeFileSystem).map(([name, call]) => [
      name,
      (...args: unknown[]) => {
        calls[name] = (calls[name] ?? 0) + 1
        if (name.startsWith('sync') || name === 'rename') trace.push(name)
        return (call as (...args: unknown[]) => unknown)(...args)
      },
    ]),
  ) as unknown as FileSystem
  const system: FaultyFileSystem = {
    ...counting,
    freeBytes: Infinity,
    calls,
    opened: open,
    open(path, mode) {
      const file = counting.open(path, mode)
      open.add(file)
      return file
    },
    close(file) {
      if (!open.delete(file)) throw new Error(`file ${file} is closed twice`)
      counting.close(file)
    },
    write(file, bytes, position) {
      if (bytes.length > system.freeBytes) {
        counting.write(file, bytes.subarray(0, system.freeBytes), position)
        system.freeBytes = 0
        throw new SymphonyError({ code: 'STORAGE_FULL', component: 'file-system', message: 'Could not write: no space left. Free some space and start again.' })
      }
      counting.write(file, bytes, position)
      system.freeBytes -= bytes.length
    },
  }
  return system
}
