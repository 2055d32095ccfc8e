import { SymphonyError } from '@symphony/interface'
import type { FileSystem } from '@symphony/interface'
import { ensureFolder, nodeFileSystem } from '@symphony/ports'
import { expect, it } from 'vitest'

/** Folders by what they hold; tells what is done to them. */
function folders(there: Readonly<Record<string, readonly string[]>>): FileSystem & { readonly done: string[] } {
  const held = new Map(Object.entries(there))
  const done: string[] = []
  return {
    ...nodeFileSystem,
    done,
    stat: (path) => (held.has(path) ? { sizeBytes: 0, mtimeMs: 0, isFile: false, isDirectory: true } : undefined),
    list: (path) => [...(held.get(path) ?? [])],
    makeFolder: (path) => (held.set(path, []), void done.push(`make ${path}`)),
    syncFolder: (path) => void done.push(`force ${path}`),
  }
}

it('forces each new name before the next one is made in it', () => {
  const fs = folders({ '/': ['a'], '/a': ['else'] })
  ensureFolder(fs, '/a/b/c')
  expect(fs.done).toEqual(['make /a/b', 'force /a', 'make /a/b/c', 'force /a/b'])
})

it('takes a folder that holds something to be there for good', () => {
  const fs = folders({ '/': ['a'], '/a': ['b'], '/a/b': ['c'] })
  ensureFolder(fs, '/a/b')
  expect(fs.done).toEqual([])
})

it('forces an empty folder again: who made it may have ended before it could', () => {
  const fs = folders({ '/': ['a'], '/a': ['b'], '/a/b': [] })
  ensureFolder(fs, '/a/b')
  ensureFolder(fs, '/a/b/c')
  expect(fs.done).toEqual(['force /a', 'force /a', 'make /a/b/c', 'force /a/b'])
})

it('does without where the folder above an empty one cannot be opened', () => {
  const fs = folders({ '/': ['a'], '/a': [] })
  fs.syncFolder = () => {
    throw new SymphonyError({ code: 'STORAGE_READ_ONLY', component: 'test', message: 'no' })
  }
  expect(() => ensureFolder(fs, '/a')).not.toThrow()
  expect(() => ensureFolder(fs, '/a/b')).toThrow('no')
})
