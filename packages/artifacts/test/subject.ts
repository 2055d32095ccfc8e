import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Subject } from '@symphony/conformance'
import type { ArtifactRef, ArtifactStore } from '@symphony/interface'
import { VirtualClock } from '@symphony/ports'
import { createArtifactStore } from '@symphony/artifacts'
import type { ArtifactsInit } from '@symphony/artifacts'
import { RecordingLog } from './recording-log.ts'

/**
 * A store with what the suite needs around it: a clock that stands still, a log in memory, and a folder if it is to have one.
 *
 * @param wrap what stands between the store and whoever uses it
 */
export function makeSubject(init: ArtifactsInit, hasFolder: boolean, wrap: (store: ArtifactStore) => ArtifactStore = (store) => store): Subject<ArtifactStore> {
  const folder = hasFolder ? mkdtempSync(join(tmpdir(), 'artifacts-')) : undefined
  const clock = new VirtualClock()
  const log = new RecordingLog()
  const settings: ArtifactsInit = folder === undefined ? init : { ...init, folder }
  const open: ArtifactStore[] = []
  const make = (): ArtifactStore => {
    const store = wrap(createArtifactStore(settings, { clock, log }))
    open.push(store)
    return store
  }
  const component = make()
  const surroundings = {
    clock,
    commands: () => log.commands,
    twin: make,
    async reopen(): Promise<ArtifactStore> {
      for (const store of open.splice(0)) await store.close()
      const store = make()
      for (const { type, body, lsn } of log.commands) store.applyCommand(type, body, lsn)
      store.afterRecovery?.()
      return store
    },
    damage: (ref: ArtifactRef) => damage(folder as string, ref),
  }
  return {
    component,
    surroundings,
    async dispose() {
      for (const store of open) await store.close()
      if (folder !== undefined) rmSync(folder, { recursive: true })
    },
  }
}

/** Flips a bit in the middle of a content, wherever it lies. */
function damage(folder: string, ref: ArtifactRef): void {
  const own = join(folder, 'large', ref.slice(0, 2), ref)
  const digest = Buffer.from(ref, 'hex')
  const files = [...readdirSync(join(folder, 'packs')).map((name) => join(folder, 'packs', name)), own]
  for (const file of files) {
    let bytes: Buffer
    try {
      bytes = readFileSync(file)
    } catch {
      continue
    }
    const start = file === own ? 0 : bytes.indexOf(digest) + digest.length
    if (file !== own && start < digest.length) continue
    bytes[start]! ^= 1
    writeFileSync(file, bytes)
    return
  }
  throw new Error(`${ref} is in no file`)
}
