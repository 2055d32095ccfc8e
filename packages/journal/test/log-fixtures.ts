import { SimulatedFileSystem } from '@symphony/conformance/simulator'
import type { FileSystem, Journal, Lsn } from '@symphony/interface'
import { openJournal } from '@symphony/journal'
import type { JournalInit } from '@symphony/journal'
import { seededRandom } from '@symphony/ports'

export const FOLDER = '/state/journal'
export const FIRST_SEGMENT: string = `${FOLDER}/segment-0000000001.log`

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** A storage with an empty folder for a journal. */
export function simulatedFolder(): SimulatedFileSystem {
  const fs = new SimulatedFileSystem()
  fs.makeFolder(FOLDER)
  fs.syncFolder('/')
  fs.syncFolder('/state')
  return fs
}

export function openInline(fs: FileSystem, init: Partial<JournalInit> = {}): Promise<Journal> {
  return openJournal({ folder: FOLDER, writer: 'inline', segmentBytes: 4096, ...init }, { fileSystem: fs, random: seededRandom(1) })
}

export function logText(journal: Journal, text: string): Lsn {
  return journal.append(1, 7, encoder.encode(text))
}

/** What replay hands out, as `lsn text`. */
export function replayTexts(journal: Journal): { readonly texts: readonly string[]; readonly tornBytes: number } {
  const texts: string[] = []
  const { tornBytes } = journal.replay(({ lsn, body }) => texts.push(`${lsn} ${decoder.decode(body)}`))
  return { texts, tornBytes }
}

/** Offsets behind each frame of a segment, by the lengths in their headers. */
export function frameEnds(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const ends: number[] = []
  for (let at = 64; at + 32 <= bytes.length; ) {
    const length = view.getUint32(at, true)
    if (length === 0) break
    at += length
    ends.push(at)
  }
  return ends
}
