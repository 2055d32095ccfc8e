import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { createArtifactStore } from '@symphony/artifacts'
import type { ArtifactRef } from '@symphony/interface'
import { openJournal } from '@symphony/journal'
import * as cacache from 'cacache'
import { open } from 'lmdb'
import type { Benchmark, Contestant, Prepared } from '../benchmark.ts'
import { scratchFolder } from '../workloads/scratch-folder.ts'
import { fullText } from './full-text.ts'

const KIB = 1024
const BIG = 64 * 2 ** 20

/** Content nobody has put before: the counter makes each one new. */
function freshContent(bytes: number): () => Uint8Array {
  const content = new Uint8Array(bytes).map((_, index) => (index * 31) & 255)
  const view = new DataView(content.buffer)
  let count = 0
  return () => {
    view.setUint32(0, count++, true)
    return content
  }
}

const noSearch = { search: false } as const

function putSmall(): Prepared {
  const store = createArtifactStore(noSearch)
  const fresh = freshContent(KIB)
  return {
    run() {
      for (let index = 0; index < 1000; index++) store.put(fresh(), { text: false })
      return 1000
    },
    dispose: () => store.close(),
  }
}

function readSmall(read: (store: ReturnType<typeof createArtifactStore>, ref: ArtifactRef) => unknown): Prepared {
  const store = createArtifactStore(noSearch)
  const fresh = freshContent(KIB)
  const refs = Array.from({ length: 1000 }, () => store.put(fresh(), { text: false }))
  return {
    run() {
      for (let round = 0; round < 10; round++) for (const ref of refs) if (!read(store, ref)) throw new Error('something is gone')
      return 10_000
    },
    dispose: () => store.close(),
  }
}

/** Facts about content that is there already: what a put costs beside the content. */
function tagSmall(): Prepared {
  const store = createArtifactStore(noSearch)
  const ref = store.put('content', { text: false })
  return {
    run() {
      for (let index = 0; index < 1000; index++) store.tag(ref, { step: String(index & 7) })
      return 1000
    },
    dispose: () => store.close(),
  }
}

/** The same with each group of facts on the device before the next one. */
async function tagDurable(): Promise<Prepared> {
  const folder = scratchFolder()
  const log = await openJournal({ folder: join(folder.path, 'log') })
  const store = createArtifactStore({ ...noSearch, folder: join(folder.path, 'content') }, { log })
  const ref = store.put('content', { text: false })
  return {
    async run() {
      for (let index = 0; index < 1000; index++) store.tag(ref, { step: String(index & 7) })
      await log.durable(log.lastLsn)
      return 1000
    },
    async dispose() {
      await store.close()
      await log.close()
      folder.remove()
    },
  }
}

/** Hashed and stored by lmdb, which does not hash: so the hash is taken beside it. */
const lmdbPut: Contestant = {
  name: 'sha256 + lmdb, unsynced',
  setup() {
    const folder = scratchFolder()
    const database = open({ path: folder.path, encoding: 'binary', noSync: true })
    const fresh = freshContent(KIB)
    return {
      async run() {
        let last: Promise<boolean> = Promise.resolve(true)
        for (let index = 0; index < 1000; index++) {
          const content = fresh()
          last = database.put(createHash('sha256').update(content).digest('hex'), content.slice())
        }
        await last
        return 1000
      },
      async dispose() {
        await database.close()
        folder.remove()
      },
    }
  },
}

const lmdbGet: Contestant = {
  name: 'lmdb get',
  async setup() {
    const folder = scratchFolder()
    const database = open({ path: folder.path, encoding: 'binary', noSync: true })
    const fresh = freshContent(KIB)
    const keys = Array.from({ length: 1000 }, (_, index) => `key-${index}`)
    await Promise.all(keys.map((key) => database.put(key, fresh().slice())))
    return {
      run() {
        for (const key of keys) if (database.get(key) === undefined) throw new Error('something is gone')
        return 1000
      },
      async dispose() {
        await database.close()
        folder.remove()
      },
    }
  },
}

/** Content on the disk and its record in the log, 64 at a time, each acknowledged. */
async function putDurable(): Promise<Prepared> {
  const folder = scratchFolder()
  const log = await openJournal({ folder: join(folder.path, 'log') })
  const store = createArtifactStore({ ...noSearch, folder: join(folder.path, 'content') }, { log })
  const fresh = freshContent(KIB)
  return {
    async run() {
      for (let index = 0; index < 64; index++) store.put(fresh(), { text: false })
      await log.durable(log.lastLsn)
      return 64
    },
    async dispose() {
      await store.close()
      await log.close()
      folder.remove()
    },
  }
}

const lmdbPutFlushed: Contestant = {
  name: 'sha256 + lmdb, flushed',
  setup() {
    const folder = scratchFolder()
    const database = open({ path: folder.path, encoding: 'binary', overlappingSync: true })
    const fresh = freshContent(KIB)
    return {
      async run() {
        for (let index = 0; index < 64; index++) {
          const content = fresh()
          void database.put(createHash('sha256').update(content).digest('hex'), content.slice())
        }
        await database.flushed
        return 64
      },
      async dispose() {
        await database.close()
        folder.remove()
      },
    }
  },
}

function getFromDisk(): Prepared {
  const folder = scratchFolder()
  const store = createArtifactStore({ ...noSearch, folder: folder.path, cacheBytesMax: 0 })
  const fresh = freshContent(KIB)
  const refs = Array.from({ length: 1000 }, () => store.put(fresh(), { text: false }))
  return {
    run() {
      for (const ref of refs) if (store.get(ref).length !== KIB) throw new Error('something is gone')
      return refs.length
    },
    async dispose() {
      await store.close()
      folder.remove()
    },
  }
}

const hashBig: Contestant = {
  name: 'sha256 alone (bound)',
  setup() {
    const fresh = freshContent(BIG)
    return {
      run() {
        createHash('sha256').update(fresh()).digest('hex')
        return BIG / 2 ** 20
      },
    }
  },
}

const cacachePut: Contestant = {
  name: 'cacache',
  setup() {
    const folder = scratchFolder()
    const fresh = freshContent(BIG)
    return {
      async run() {
        await cacache.put(folder.path, 'big', fresh())
        return BIG / 2 ** 20
      },
      dispose: () => folder.remove(),
    }
  },
}

const lmdbGetBig: Contestant = {
  name: 'lmdb',
  async setup() {
    const folder = scratchFolder()
    const database = open({ path: folder.path, encoding: 'binary', noSync: true })
    await database.put('big', freshContent(BIG)())
    return {
      run() {
        if ((database.get('big') as Uint8Array | undefined)?.length !== BIG) throw new Error('something is gone')
        return BIG / 2 ** 20
      },
      async dispose() {
        await database.close()
        folder.remove()
      },
    }
  },
}

/** Written through the store, to the disk or into memory; what was put is deleted outside of the measured time. */
function putBig(folder?: ReturnType<typeof scratchFolder>): Prepared {
  const store = createArtifactStore({ ...noSearch, ...(folder !== undefined && { folder: folder.path }) })
  const fresh = freshContent(BIG)
  let last: ArtifactRef | undefined
  return {
    prepare() {
      if (last !== undefined) store.delete(last)
    },
    run() {
      last = store.put(fresh(), { text: false })
      return BIG / 2 ** 20
    },
    async dispose() {
      await store.close()
      folder?.remove()
    },
  }
}

/** Content in memory is ours alone to write: it was hashed when it was put, and a get hands out the bytes that were. */
function getBigFromMemory(): Prepared {
  const store = createArtifactStore(noSearch)
  const ref = store.put(freshContent(BIG)(), { text: false })
  return {
    run() {
      for (let index = 0; index < 1000; index++) if (store.get(ref).length !== BIG) throw new Error('something is gone')
      return (1000 * BIG) / 2 ** 20
    },
    dispose: () => store.close(),
  }
}

function getBig(): Prepared {
  const folder = scratchFolder()
  // No cache: every get reads the disk and checks the content.
  const store = createArtifactStore({ ...noSearch, folder: folder.path, cacheBytesMax: 0 })
  const ref = store.put(freshContent(BIG)(), { text: false })
  return {
    run() {
      if (store.get(ref).length !== BIG) throw new Error('something is gone')
      return BIG / 2 ** 20
    },
    async dispose() {
      await store.close()
      folder.remove()
    },
  }
}

/** The content leaves in chunks, so what opening costs must not grow with it: the first chunk is here, the rest is still on the disk. */
function openBig(): Prepared {
  const folder = scratchFolder()
  const store = createArtifactStore({ ...noSearch, folder: folder.path, cacheBytesMax: 0 })
  const ref = store.put(freshContent(BIG)(), { text: false })
  return {
    async run() {
      for (let index = 0; index < 20; index++) {
        for await (const chunk of store.open(ref)) {
          if (chunk.length === 0) throw new Error('the first chunk is empty')
          break
        }
      }
      return 20
    },
    async dispose() {
      await store.close()
      folder.remove()
    },
  }
}

export const benchmarks: readonly Benchmark[] = [
  { group: 'Artifacts', name: 'tag what is there', unit: 'op/s', bar: 300e3, setup: tagSmall },
  { group: 'Artifacts', name: 'tag what is there, durable, 1,000 waiting', unit: 'op/s', bar: 100e3, setup: tagDurable },
  { group: 'Artifacts', name: 'head of what is there', unit: 'op/s', bar: 1e6, setup: () => readSmall((store, ref) => store.head(ref)) },
  { group: 'Artifacts', name: 'put 1 KiB, hashed, visible', unit: 'op/s', bar: 200e3, setup: putSmall, peers: [lmdbPut] },
  { group: 'Artifacts', name: 'put 1 KiB, hashed, durable, 64 waiting', unit: 'op/s', bar: 60e3, setup: putDurable, peers: [lmdbPutFlushed] },
  { group: 'Artifacts', name: 'get 1 KiB from the disk, verified', unit: 'op/s', bar: 320e3, setup: getFromDisk },
  { group: 'Artifacts', name: 'get 1 KiB from the cache', unit: 'op/s', bar: 1e6, setup: () => readSmall((store, ref) => store.get(ref)), peers: [lmdbGet] },
  { group: 'Artifacts', name: 'has', unit: 'op/s', bar: 3e6, setup: () => readSmall((store, ref) => store.has(ref)) },
  { group: 'Artifacts', name: 'put 64 MiB, hashed: MiB', unit: 'op/s', barAgainst: { peer: 'cacache', times: 1.2 }, setup: () => putBig(scratchFolder()), peers: [cacachePut, hashBig] },
  { group: 'Artifacts', name: 'get 64 MiB from the disk, verified: MiB', unit: 'op/s', barAgainst: { peer: 'lmdb', times: 1 }, setup: getBig, peers: [lmdbGetBig, hashBig] },
  { group: 'Artifacts', name: 'put 64 MiB in memory, hashed: MiB', unit: 'op/s', barAgainst: { peer: hashBig.name, times: 0.9 }, setup: () => putBig(), peers: [hashBig] },
  { group: 'Artifacts', name: 'get 64 MiB in memory, hashed when it was put: MiB', unit: 'op/s', barAgainst: { peer: hashBig.name, times: 0.9 }, setup: getBigFromMemory, peers: [hashBig] },
  { group: 'Artifacts', name: 'open 64 MiB on the disk as a stream (not mapped), to its first chunk', unit: 'µs/op', bar: 50, setup: openBig },
  ...fullText,
]
