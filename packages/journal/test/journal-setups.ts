import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Subject } from '@symphony/conformance'
import { SimulatedFileSystem } from '@symphony/conformance/simulator'
import type { CheckpointSection, Journal, Lsn } from '@symphony/interface'
import { openJournal, placeCheckpoint } from '@symphony/journal'
import type { JournalInit } from '@symphony/journal'

const FOLDER = '/state/journal'
const OTHER = '/state/other'
const encoder = new TextEncoder()

/** The inline writer over files in memory: a crash is a power cut, and drops all that was not forced. */
export async function inlineSubject(init: Partial<JournalInit> = {}): Promise<Subject<Journal>> {
  let fs = new SimulatedFileSystem()
  const opened: Journal[] = []
  const open = async (): Promise<Journal> => {
    const journal = await openJournal({ folder: FOLDER, writer: 'inline', segmentBytes: 1 << 18, ...init }, { fileSystem: fs })
    opened.push(journal)
    return journal
  }
  const closeAll = async (): Promise<void> => void (await Promise.allSettled(opened.map((journal) => journal.close())))
  let otherLength = 0
  let other = -1
  return {
    component: await open(),
    surroundings: {
      reopen: () => closeAll().then(open),
      openSecond: open,
      crash() {
        fs = fs.powerCut()
        return open()
      },
      breakDisk: () => fs.arm({ failures: [{ at: 1, code: 'STORAGE_FAILED', isForEver: true }] }),
      repairDisk: () => fs.arm({}),
      async damage() {
        await closeAll()
        const path = `${FOLDER}/segment-0000000001.log`
        const bytes = fs.bytesOf(path).slice()
        // Inside the first frame, behind the segment's header and the frame's.
        bytes[64 + 32 + 8] = (bytes[64 + 32 + 8] as number) ^ 1
        fs.setBytes(path, bytes)
        return open()
      },
      writeOther(text: string) {
        if (other < 0) {
          other = fs.open(OTHER, 'wx+')
          fs.syncFolder('/state')
        }
        fs.write(other, encoder.encode(text), otherLength)
        otherLength += text.length
        return other
      },
      readOther: () => new TextDecoder().decode(fs.bytesOf(OTHER)),
      placeCheckpoint: (sections: readonly CheckpointSection[], asOf: Lsn) => placeCheckpoint(FOLDER, sections, asOf, fs),
    },
    dispose: closeAll,
  }
}

/** The writer thread over real files: a crash is a copy of the folder at that moment, which is what `kill -9` leaves. */
export async function threadSubject(init: Partial<JournalInit> = {}): Promise<Subject<Journal>> {
  const base = mkdtempSync(join(tmpdir(), 'symphony-journal-'))
  let folder = join(base, '0')
  const opened: Journal[] = []
  const open = async (): Promise<Journal> => {
    const journal = await openJournal({ folder, segmentBytes: 1 << 20, ...init })
    opened.push(journal)
    return journal
  }
  const closeAll = async (): Promise<void> => void (await Promise.allSettled(opened.map((journal) => journal.close())))
  return {
    component: await open(),
    surroundings: {
      reopen: () => closeAll().then(open),
      openSecond: open,
      crash() {
        const copy = `${folder}-crashed`
        cpSync(folder, copy, { recursive: true })
        folder = copy
        return open()
      },
      placeCheckpoint: (sections: readonly CheckpointSection[], asOf: Lsn) => placeCheckpoint(folder, sections, asOf),
    },
    async dispose() {
      await closeAll()
      rmSync(base, { recursive: true, force: true })
    },
  }
}
