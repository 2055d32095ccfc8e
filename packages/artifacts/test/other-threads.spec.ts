import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { attachArtifactReader, createArtifactStore } from '@symphony/artifacts'
import type { ArtifactRef } from '@symphony/interface'
import { expect, it } from 'vitest'

it('another thread sees what is stored, and the same bytes', async () => {
  const store = createArtifactStore()
  const refs = ['one', 'four', 'gone', 'x'.repeat(20_000)].map((text) => store.put(text))
  store.delete(refs[2] as ArtifactRef)
  const bytes = store.get(refs[0] as ArtifactRef)
  const worker = new Worker(new URL('reading-thread.ts', import.meta.url), { workerData: { region: store.region, refs, bytes }, execArgv: ['--conditions=@symphony/source'] })
  const [seen] = (await once(worker, 'message')) as [unknown]
  await worker.terminate()
  expect(seen).toEqual([[true, 3], [true, 4], [false, undefined], [true, 20_000]])
  expect(bytes[0]).toBe(42)
  const corrupt: ArtifactRef[] = []
  for await (const ref of store.verify()) corrupt.push(ref)
  // Bytes are shared, not guarded: whoever writes to them is found out by verify.
  expect(corrupt).toEqual([refs[0]])
})

it('a reader refuses what is no region of a store', () => {
  expect(() => attachArtifactReader(new SharedArrayBuffer(4096))).toThrow(expect.objectContaining({ code: 'REGION_CORRUPT' }) as Error)
})

it('bytes that another thread may change are copied before they are hashed', () => {
  const store = createArtifactStore()
  const shared = new Uint8Array(new SharedArrayBuffer(10))
  const ref = store.put(shared)
  shared.fill(1)
  expect([...store.get(ref)]).toEqual(Array.from({ length: 10 }, () => 0))
})
