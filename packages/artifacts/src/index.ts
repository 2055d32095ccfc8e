/**
 * Remembers everything once: content by its hash, facts about it, and results by what they were computed from.
 *
 * @example
 * const store = createArtifactStore()
 * const page = store.put('Symphony runs inside your process.', { name: 'page', tags: { language: 'en' } })
 * console.log(store.getText(page), store.latest('page') === page)
 *
 * @packageDocumentation
 */
import { LocalArtifactStore } from './artifact-store.ts'
import type { ArtifactsInit, ArtifactsPorts } from './init.ts'

/**
 * Makes an artifact store: in memory, or with a folder for what is too much for memory or has to survive.
 *
 * A folder holds contents only. What is known of them is in the log: a store with a folder and a log is what its commands and the
 * folder say; a store with a folder alone forgets at its end what it holds (see `salvage`).
 *
 * @throws SymphonyError `INVALID_ARGUMENT`, `UNKNOWN_KEY`; `STORAGE_FAILED`, `STORAGE_READ_ONLY`, `STORAGE_FULL` when the folder cannot be made
 * @example
 * const store = createArtifactStore({ folder: '.symphony/artifacts', cacheBytesMax: 256 * 1024 * 1024 }, { log: journal })
 */
export function createArtifactStore(init: ArtifactsInit = {}, ports: ArtifactsPorts = {}): LocalArtifactStore {
  return new LocalArtifactStore(init, ports)
}

export type { LocalArtifactStore } from './artifact-store.ts'
export type { ArtifactsBackend } from './artifacts-backend.ts'
export type { ArtifactsInit, ArtifactsPorts } from './init.ts'
export { attachArtifactReader } from './artifact-reader.ts'
export type { ArtifactReader } from './artifact-reader.ts'
export { ARTIFACTS_LAYOUT } from './layout.ts'
export type { ArtifactsLayout } from './layout.ts'
export { COMMANDS } from './commands.ts'
