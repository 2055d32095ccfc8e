import { createRequire } from 'node:module'
import { lazyModule } from '@symphony/ports'

type Compare<T> = (a: T, b: T) => number

/** A binary heap kept in an array of one's own: the first item is the least. */
export interface HeapFunctions {
  push<T>(compare: Compare<T>, heap: T[], item: T): void
  pop<T>(compare: Compare<T>, heap: T[]): T
  heapify<T>(compare: Compare<T>, heap: T[]): void
}

// The package's ES module loads all of its sixty structures, which takes longer than everything else a pool does at its start;
// the file with the heap alone can only be required.
export const heap: () => HeapFunctions = lazyModule<typeof import('mnemonist/heap.js')>(() => createRequire(import.meta.url).resolve('mnemonist/heap.js'))
