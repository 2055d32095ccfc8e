import { parentPort, workerData } from 'node:worker_threads'
import { attachArtifactReader } from '@symphony/artifacts'
import type { ArtifactRef } from '@symphony/interface'

// Answers what it sees of a store without asking the store's thread, and writes into the bytes it was given.
const { region, refs, bytes } = workerData as { readonly region: SharedArrayBuffer; readonly refs: readonly ArtifactRef[]; readonly bytes: Uint8Array }
const reader = attachArtifactReader(region)
bytes[0] = 42
parentPort?.postMessage(refs.map((ref) => [reader.has(ref), reader.sizeBytes(ref)]))
