import { hash, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createArtifactStore } from '@symphony/artifacts'
import type { ArtifactRef } from '@symphony/interface'

const ROUNDS = Number(process.argv[2] ?? 5)
const folder = mkdtempSync(join(tmpdir(), 'artifacts-bench-'))

/** Nanoseconds an operation, the median of the rounds after one to warm up. */
function nsEach(round: () => number): { readonly median: number; readonly least: number; readonly most: number } {
  const times: number[] = []
  for (let at = 0; at <= ROUNDS; at++) {
    const startedAtMs = performance.now()
    const operations = round()
    if (at > 0) times.push(((performance.now() - startedAtMs) * 1e6) / operations)
  }
  times.sort((a, b) => a - b)
  return { median: times[times.length >> 1] as number, least: times[0] as number, most: times.at(-1) as number }
}

function report(name: string, round: () => number): void {
  const { median, least, most } = nsEach(round)
  const show = (ns: number): string => (ns >= 1e6 ? `${(ns / 1e6).toFixed(1)} ms` : `${ns.toFixed(0)} ns`)
  const rate = 1e9 / median
  const perSecond = rate >= 1e6 ? `${(rate / 1e6).toFixed(2)} M/s` : rate >= 1e3 ? `${(rate / 1e3).toFixed(1)} k/s` : `${rate.toFixed(1)} /s`
  console.log(`${name.padEnd(52)} ${perSecond.padStart(12)}   ${show(median).padStart(9)} (${show(least)} to ${show(most)})`)
}

const payload = new Uint8Array(randomBytes(1024))
let counter = 0
/** A content nobody put before. */
function fresh(): Uint8Array {
  new DataView(payload.buffer).setUint32(0, ++counter, true)
  return payload
}

const COUNT = 20_000
report('bound: sha256 of 1 KiB', () => {
  for (let at = 0; at < COUNT; at++) hash('sha256', fresh(), 'hex')
  return COUNT
})

for (const [kind, init] of [['memory', {}], ['folder', { folder: join(folder, 'small') }]] as const) {
  const store = createArtifactStore({ ...init, search: false })
  const refs: ArtifactRef[] = []
  report(`put 1 KiB, ${kind}, visible`, () => {
    for (let at = 0; at < COUNT; at++) refs.push(store.put(fresh()))
    return COUNT
  })
  report(`put 1 KiB that is there, ${kind}`, () => {
    for (let at = 0; at < COUNT; at++) store.put(payload)
    return COUNT
  })
  const latest = refs.slice(-COUNT)
  const warm = latest.slice(-1_000)
  const strangers = latest.map((ref) => `${ref.slice(1)}0` as ArtifactRef)
  report(`has, ${kind}, present`, () => {
    for (let turn = 0; turn < 20; turn++) for (const ref of latest) store.has(ref)
    return 20 * COUNT
  })
  report(`has, ${kind}, absent`, () => {
    for (let turn = 0; turn < 20; turn++) for (const ref of strangers) store.has(ref)
    return 20 * COUNT
  })
  report(`head, ${kind}`, () => {
    for (let turn = 0; turn < 10; turn++) for (const ref of latest) store.head(ref)
    return 10 * COUNT
  })
  report(`get 1 KiB from ${kind === 'memory' ? 'memory' : 'cache'}`, () => {
    for (let turn = 0; turn < 200; turn++) for (const ref of warm) store.get(ref)
    return 200 * warm.length
  })
  report(`remember + recall, ${kind}`, () => {
    for (const ref of latest) {
      store.remember(ref, [ref])
      store.recall(ref)
    }
    return COUNT
  })
  await store.close()
}

{
  const store = createArtifactStore({ folder: join(folder, 'uncached'), cacheBytesMax: 0, search: false })
  const refs = Array.from({ length: COUNT }, () => store.put(fresh()))
  report('get 1 KiB from disk (page cache), verified', () => {
    for (const ref of refs) store.get(ref)
    return COUNT
  })
  await store.close()
}

{
  const bytes = new Uint8Array(randomBytes(64 * 1024 * 1024))
  const touch = (): Uint8Array => {
    new DataView(bytes.buffer).setUint32(0, ++counter, true)
    return bytes
  }
  report('bound: sha256 of 64 MiB', () => {
    hash('sha256', touch(), 'hex')
    return 1
  })
  for (const [kind, init] of [['memory', {}], ['folder', { folder: join(folder, 'large') }]] as const) {
    const store = createArtifactStore({ ...init, search: false })
    let ref: ArtifactRef | undefined
    report(`put 64 MiB, ${kind}`, () => {
      if (ref !== undefined) store.delete(ref)
      ref = store.put(touch())
      return 1
    })
    report(`get 64 MiB, ${kind}${kind === 'folder' ? ', verified' : ''}`, () => {
      store.get(ref as ArtifactRef)
      return 1
    })
    await store.close()
  }
}

{
  const words = Array.from({ length: 5_000 }, (_, at) => `w${((at * 2654435761) >>> 0).toString(36)}`)
  const text = (document: number): string => Array.from({ length: 60 }, (_, at) => words[(document * 31 + at * at * 7) % words.length]).join(' ')
  const DOCUMENTS = 20_000
  const store = createArtifactStore({ search: 'lazy' })
  for (let document = 0; document < DOCUMENTS; document++) store.put(text(document))
  const startedAtMs = performance.now()
  store.search({ text: 'nothing' })
  console.log(`index ${DOCUMENTS} documents of 60 words: ${((DOCUMENTS / (performance.now() - startedAtMs)) * 1000).toFixed(0)} documents/s`)
  const times: number[] = []
  for (let query = 0; query < 500; query++) {
    const queriedAtMs = performance.now()
    store.search({ text: words[query * 7] as string })
    times.push(performance.now() - queriedAtMs)
  }
  times.sort((a, b) => a - b)
  console.log(`query of one word, fuzzy and by prefix, ${DOCUMENTS} documents: median ${(times[250] as number).toFixed(2)} ms, p99 ${(times[495] as number).toFixed(2)} ms`)
}

rmSync(folder, { recursive: true })
