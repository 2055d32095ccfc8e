import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isSymphonyError } from '@symphony/interface'
import { openJournal } from '@symphony/journal'
import { seededRandom } from '@symphony/ports'
import { ChildProgram } from '../child-program.ts'
import { LogOracle } from '../log-oracle.ts'
import { logPlace, makeBesides, settingsOf } from '../log-place.ts'
import { checkPoisoned, OwnFileFailed, writeLog } from '../log-writer.ts'
import { withMount } from '../mounts.ts'
import { RunOracle } from '../run-oracle.ts'
import { between, oneOf } from '../scenario.ts'
import type { Cycle, Scenario } from '../scenario.ts'

const KIB = 1024
/** A log that grows without end meets the end of the disk long before. */
const ROUNDS = 1_000_000

/** A disk of a few megabytes in memory fills up under a log, or under a runtime with its artifacts; then somebody makes room. */
export const fullDisk: Scenario = {
  name: 'full-disk',
  what: 'a disk fills up: a clear error, nothing acknowledged is lost, and it goes on when there is room again',
  needs: ['linux', 'mount'],
  cycles: 8,
  run: (cycle) => {
    const isRuntime = cycle.seed % 4 === 0
    const sizeKiB = isRuntime ? 8_192 : between(cycle.random, 1_024, 4_096)
    return withMount({ type: 'tmpfs', options: `size=${sizeKiB}k` }, async (disk) => {
      const ballast = join(disk, 'ballast')
      writeFileSync(ballast, new Uint8Array(Math.floor((sizeKiB * KIB) / (isRuntime ? 1.3 : 2))))
      await (isRuntime ? fillByRuns : fillByLog)(cycle, disk, () => rmSync(ballast))
    })
  },
}

async function fillByLog({ seed, random, count }: Cycle, disk: string, makeRoom: () => void): Promise<void> {
  const place = { ...logPlace(random, disk), segmentBytes: oneOf(random, [65_536, 1 << 20]) }
  makeBesides(place)
  const oracle = new LogOracle(seed)
  const journal = await openJournal({ ...settingsOf(place), threadAfterCommits: oneOf(random, [0, 16]) })
  const say = (word: string, value: string | number): void => void (word === 'acked' && oracle.acknowledge([Number(value)]))
  try {
    await writeLog({ journal, place, seed, generation: 0, rounds: ROUNDS, random: seededRandom(seed), say })
    throw new Error('the disk did not fill up')
  } catch (error) {
    await endFull(error, journal)
    count('logs that met a full disk')
  }
  // What is there can be read, full or not; opened in order, it either works or says why.
  await new LogOracle(seed).check(place, { readOnly: true })
  await new LogOracle(seed).check(place).catch((error: unknown) => {
    if (!isSymphonyError(error, 'STORAGE_FULL')) throw error
    count('openings refused for want of room')
  })
  makeRoom()
  await oracle.check(place)
  count('acknowledged records', oracle.acknowledged)
}

async function endFull(error: unknown, journal: Awaited<ReturnType<typeof openJournal>>): Promise<void> {
  if (error instanceof OwnFileFailed) return journal.close().catch(() => {})
  if (!isSymphonyError(error, 'JOURNAL_POISONED')) throw error
  if (error.details['storageCode'] !== 'STORAGE_FULL') throw new Error(`a full disk was told as ${String(error.details['storageCode'])}`)
  await checkPoisoned(journal)
}

async function fillByRuns({ count }: Cycle, disk: string, makeRoom: () => void): Promise<void> {
  const orders = JSON.stringify({ folder: join(disk, 'state'), runs: 200, atOnce: 4, checkpointBytes: 40_000 })
  const oracle = new RunOracle()
  const first = await new ChildProgram('runtime-worker', [orders]).ended
  if (first.code === 0) throw new Error('the disk did not fill up')
  if (!/STORAGE_FULL|JOURNAL_POISONED/.test(first.errors)) throw new Error(`a full disk was not told, but: ${first.errors}`)
  oracle.hear(first.lines)
  await oracle.check(join(disk, 'state'), first.lines.filter((line) => line.startsWith('effect ')))
  makeRoom()
  const second = await new ChildProgram('runtime-worker', [JSON.stringify({ ...JSON.parse(orders), runs: Math.max(1, oracle.results) })]).ended
  if (second.code !== 0) throw new Error(`with room again it ended with code ${second.code}\n${second.errors}`)
  oracle.hear(second.lines)
  await oracle.check(join(disk, 'state'), [])
  count('runtimes that met a full disk')
}
