import { describe, expect, it } from 'vitest'
import type { FileSystem } from '@symphony/interface'
import { simulateKernel } from './simulate-kernel.ts'

/** A disk that says yes to every forcing, and forces nothing. */
function lying(files: FileSystem): FileSystem {
  return {
    open: (path, mode) => files.open(path, mode),
    close: (file) => files.close(file),
    read: (file, into, position) => files.read(file, into, position),
    write: (file, bytes, position) => files.write(file, bytes, position),
    syncData() {},
    syncFolder: (path) => files.syncFolder(path),
    truncate: (file, sizeBytes) => files.truncate(file, sizeBytes),
    rename: (from, to) => files.rename(from, to),
    remove: (path) => files.remove(path),
    makeFolder: (path) => files.makeFolder(path),
    list: (path) => files.list(path),
    stat: (path) => files.stat(path),
  }
}

describe('the simulation of the whole kernel', () => {
  it('is the same for the same seed, step by step', { timeout: 600_000 }, async () => {
    for (let seed = 1; seed <= 25; seed++) {
      const [first, second] = [await simulateKernel(seed), await simulateKernel(seed)]
      expect(second, `seed ${seed}`).toEqual(first)
    }
  })

  it('is another one for another seed', { timeout: 600_000 }, async () => {
    const hashes = new Set<number>()
    for (let seed = 1; seed <= 25; seed++) hashes.add((await simulateKernel(seed)).traceHash)
    expect(hashes.size).toBe(25)
  })

  it('sees a disk that lies: the canary', { timeout: 600_000 }, async () => {
    const caught: number[] = []
    for (let seed = 1; seed <= 25; seed++) if ((await simulateKernel(seed, { disk: lying })).violations.length > 0) caught.push(seed)
    expect(caught.length).toBeGreaterThan(3)
  })
})
