// Writes a log as it is told and says what was acknowledged, until it has ended in order, is killed, or its system fails it: `poisoned
// <code of the cause>` with exit code 3 once the journal has refused, `refused <code>` with 4 when it did not even open, `failed` with 5
// when it is its own file that could not be written, `broken <what>` with 9 when the journal did not keep its word.
import { isSymphonyError } from '@symphony/interface'
import { openJournal } from '@symphony/journal'
import { seededRandom } from '@symphony/ports'
import { settingsOf } from '../log-place.ts'
import type { WriterOrders } from '../log-place.ts'
import { BrokenPromise, checkPoisoned, OwnFileFailed, writeLog } from '../log-writer.ts'
import { announce } from './announce.ts'

const { place, seed, generation, rounds, threadAfterCommits } = JSON.parse(process.argv[2] as string) as WriterOrders
const random = seededRandom(seed + 31 * generation + 7)

async function run(): Promise<number> {
  announce('opening')
  const journal = await openJournal({ ...settingsOf(place), threadAfterCommits, durability: random.next() < 0.2 ? 'sync' : 'group' }).catch((error: unknown) => {
    announce('refused', isSymphonyError(error) ? error.code : String(error))
  })
  if (journal === undefined) return 4
  try {
    await writeLog({ journal, place, seed, generation, rounds, random, say: announce })
    return 0
  } catch (error) {
    if (error instanceof OwnFileFailed) return announce('failed', error.message), 5
    if (!isSymphonyError(error, 'JOURNAL_POISONED')) throw error
    await checkPoisoned(journal)
    announce('poisoned', String(error.details['storageCode']))
    return 3
  }
}

try {
  process.exit(await run())
} catch (error) {
  if (!(error instanceof BrokenPromise)) throw error
  announce('broken', error.message)
  process.exit(9)
}
