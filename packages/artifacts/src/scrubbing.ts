import { createHash } from 'node:crypto'
import type { ArtifactRef, Turns } from '@symphony/interface'
import { isSymphonyError } from '@symphony/interface'
import type { ArtifactState } from './artifact-state.ts'
import type { Contents } from './contents.ts'
import type { FolderContents } from './folder-contents.ts'
import { PLACE } from './layout.ts'
import { scanPack } from './salvage.ts'
import type { FoundContent } from './salvage.ts'

/** Bounded steps between two turns of the event loop: a few milliseconds at disk speed. */
const STEPS_A_TURN = 32

/** Reads every artifact back, giving the thread back in between, and yields those that no longer match their address. */
export async function* findCorrupt(state: ArtifactState, contents: Contents, turns: Turns, checkOpen: () => void): AsyncGenerator<ArtifactRef> {
  let steps = 0
  let row = state.oldest
  while (row >= 0) {
    const sequence = state.columns.sequence[row] as number
    const stored = state.stored(row)
    let isIntact = true
    try {
      for (const _ of contents.scrub(stored)) if (++steps % STEPS_A_TURN === 0) await turn(turns, checkOpen)
    } catch (error) {
      if (!isSymphonyError(error, 'ARTIFACT_CORRUPT')) throw error
      isIntact = false
    }
    // What was deleted while it was read back is nobody's loss.
    if (!isIntact && state.columns.sequence[row] === sequence) yield stored.ref
    checkOpen()
    row = state.rowAfter(row, sequence)
  }
}

/** Every content in a store's files that verifies, whether known or not. */
export async function* findStored({ packs, large }: FolderContents, turns: Turns, checkOpen: () => void): AsyncGenerator<FoundContent> {
  for (const pack of packs.numbers()) {
    for (const found of scanPack(packs, pack)) {
      if (found === undefined) await turn(turns, checkOpen)
      else yield found
    }
  }
  for (const ref of large.refs()) {
    const digest = createHash('sha256')
    let sizeBytes = 0
    for (const chunk of large.chunks(ref)) {
      digest.update(chunk)
      sizeBytes += chunk.length
      await turn(turns, checkOpen)
    }
    if (digest.digest('hex') === (ref as string)) yield { ref, place: { pack: PLACE.OWN_FILE, offset: 0 }, sizeBytes }
  }
}

async function turn(turns: Turns, checkOpen: () => void): Promise<void> {
  await new Promise<void>((resolve) => {
    turns.later(resolve)
  })
  checkOpen()
}
