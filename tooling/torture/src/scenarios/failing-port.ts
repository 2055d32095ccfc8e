import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { isSymphonyError } from '@symphony/interface'
import type { ErrorCode } from '@symphony/interface'
import { openJournal } from '@symphony/journal'
import { seededRandom } from '@symphony/ports'
import { FaultyFileSystem } from '../faulty-file-system.ts'
import { LogOracle } from '../log-oracle.ts'
import { logPlace, makeBesides, settingsOf } from '../log-place.ts'
import type { LogPlace } from '../log-place.ts'
import { checkPoisoned, writeLog } from '../log-writer.ts'
import { memoryFolder } from '../memory-folder.ts'
import type { Cycle, Scenario } from '../scenario.ts'

/** Each kind of failure, once and from there on for ever, with that much of a failing write on the disk. */
const FAULTS: readonly { readonly code: ErrorCode; readonly isForEver: boolean; readonly partBytes: number }[] = [
  { code: 'STORAGE_FAILED', isForEver: false, partBytes: 0 },
  { code: 'STORAGE_FAILED', isForEver: true, partBytes: 1_000 },
  { code: 'STORAGE_FULL', isForEver: false, partBytes: 40 },
  { code: 'STORAGE_FULL', isForEver: true, partBytes: 0 },
  { code: 'STORAGE_READ_ONLY', isForEver: true, partBytes: 0 },
]
const ROUNDS = 25

/** Every single operation of a small life of a log fails, one life for each. A cycle is one kind of failure at each place there is. */
export const failingPort: Scenario = {
  name: 'failing-port',
  what: 'each single operation on files fails, once or for ever: no false acknowledgement, poisoned afterwards, recovered next time',
  needs: [],
  cycles: FAULTS.length,
  async run({ seed, folder, count }) {
    const memory = memoryFolder(folder)
    try {
      for (let at = 1; await failAt(at, seed, mkdtempSync(join(memory, 'life-')), count); at++) count('operations failed')
    } finally {
      rmSync(memory, { recursive: true, force: true })
    }
  },
}

/** Whether there was such an operation. */
async function failAt(at: number, seed: number, folder: string, count: Cycle['count']): Promise<boolean> {
  const fault = FAULTS[seed % FAULTS.length] as (typeof FAULTS)[number]
  const fileSystem = new FaultyFileSystem({ at, ...fault })
  const place: LogPlace = { ...logPlace(seededRandom(seed), folder), segmentBytes: 8192, contentBytesMax: 900 }
  makeBesides(place)
  const oracle = new LogOracle(seed)
  try {
    await liveWith(fileSystem, place, oracle, count)
    await oracle.check(place)
  } catch (cause) {
    throw new Error(`operation ${at}, ${fault.code}, ${fault.isForEver ? 'for ever' : 'once'}, ${fault.partBytes} bytes arrived: ${String(cause)}`, { cause })
  }
  rmSync(folder, { recursive: true })
  return fileSystem.operations >= at
}

async function liveWith(fileSystem: FaultyFileSystem, place: LogPlace, oracle: LogOracle, count: Cycle['count']): Promise<void> {
  const acknowledge = (word: string, value: string | number): void => {
    if (word === 'acked') oracle.acknowledge([Number(value)])
  }
  const journal = await openJournal({ ...settingsOf(place), writer: 'inline' }, { fileSystem }).catch((error: unknown) => {
    if (!isSymphonyError(error) || !error.code.startsWith('STORAGE_')) throw error
    count('openings refused')
  })
  if (journal === undefined) return
  try {
    await writeLog({ journal, place, seed: oracle.seed, generation: 0, rounds: ROUNDS, random: seededRandom(oracle.seed), say: acknowledge })
  } catch (error) {
    if (!isSymphonyError(error, 'JOURNAL_POISONED')) throw error
    count('journals poisoned')
    await checkPoisoned(journal)
  }
}
