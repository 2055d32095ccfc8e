import type { ArtifactRef, ArtifactStore, Lsn } from '@symphony/interface'
import type { VirtualClock } from '@symphony/ports'
import type { Maker } from './suite.ts'

/** The handles on its surroundings that a store's author hands in. Which are needed depends on what the store claims. */
export interface ArtifactsSurroundings {
  /** The clock the store was given. */
  readonly clock: VirtualClock
  /** For `replayable` and `replica`: what the store has logged so far, oldest first. */
  commands?(): readonly { readonly type: number; readonly body: Uint8Array; readonly lsn: Lsn }[]
  /** For `replayable`: another store of the same settings, and folder if there is one, that knows nothing yet. */
  twin?(): ArtifactStore
  /** For `persistence`: closes the store and opens it again, recovered, as a new process would. */
  reopen?(): Promise<ArtifactStore>
  /** For `persistence`: changes a stored content behind the store's back, where it lies. */
  damage?(ref: ArtifactRef): void
}

export interface Stage {
  readonly store: ArtifactStore
  readonly around: Required<ArtifactsSurroundings>
}

/** An address nobody has put anything under. */
export const NOBODY: ArtifactRef = 'f'.repeat(64) as ArtifactRef
export const bytesOf: (...bytes: number[]) => Uint8Array = (...bytes) => Uint8Array.from(bytes)

/** A store with its surroundings; a case that needs a handle which was not handed in fails with its name. */
export async function setUp(make: Maker<ArtifactStore>, options?: Readonly<Record<string, unknown>>): Promise<Stage> {
  const { component, surroundings } = await make(options)
  const around = new Proxy(surroundings, {
    get(target, key) {
      const value = target[key as string]
      if (value === undefined) throw new Error(`the case needs "${String(key)}" in the surroundings: see ArtifactsSurroundings`)
      return value
    },
  })
  return { store: component, around: around as unknown as Required<ArtifactsSurroundings> }
}

/** All bytes a store gives for a reference through its stream. */
export async function streamed(store: ArtifactStore, ref: ArtifactRef): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  for await (const chunk of store.open(ref)) chunks.push(chunk.slice())
  return Buffer.concat(chunks)
}

export async function* chunksOf(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array, void, undefined> {
  // The same buffer for every chunk, as readers of files do.
  const buffer = new Uint8Array(size)
  for (let at = 0; at < bytes.length; at += size) {
    const length = Math.min(size, bytes.length - at)
    buffer.set(bytes.subarray(at, at + length))
    yield buffer.subarray(0, length)
  }
}

/** Bytes that look like nothing in particular and are the same every time. */
export function noise(length: number, seed = 1): Uint8Array {
  let state = seed
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state >>> 24
  })
}

/** What can be known of a store from outside, in plain values. */
export function described(store: ArtifactStore, names: readonly string[], keys: readonly string[]): unknown {
  const refs = [...store.refs()]
  return {
    artifacts: refs.map((ref) => ({ head: store.head(ref), lineage: store.lineage(ref), bytes: [...store.get(ref)] })),
    versions: names.map((name) => store.versions(name)),
    results: keys.map((key) => store.recall(key)),
  }
}

/** A bit of everything. */
export function liveThrough(store: ArtifactStore, clock: VirtualClock): void {
  const page = store.put('page', { name: 'page', tags: { kind: 'page' }, madeBy: 'reader', costMs: 5, quality: 0.5 })
  clock.advance(10)
  const summary = store.putJson({ b: 1, a: [true, null] }, { parents: [page], text: 'a summary' })
  store.put(noise(3000), { mediaType: 'image/png' })
  const gone = store.put('gone', { name: 'page', parents: [page] })
  store.pin(summary)
  store.pin(page)
  store.unpin(page)
  store.tag(page, { language: 'en' })
  store.put('page', { tags: { again: 'yes' }, parents: [summary] })
  store.remember('both', [page, summary])
  store.remember('gone', [gone])
  store.remember('forgotten', [])
  store.forget('forgotten')
  store.delete(gone)
  clock.advance(1)
  store.put('newer', { name: 'page' })
}
