import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Random } from '@symphony/interface'
import { openJournal } from '@symphony/journal'
import { numbersAfter } from '../child-program.ts'
import { LogOracle } from '../log-oracle.ts'
import { logPlace, makeBesides, settingsOf } from '../log-place.ts'
import type { LogPlace } from '../log-place.ts'
import { commandPath } from '../machine.ts'
import { memoryFolder } from '../memory-folder.ts'
import { copyImage, makeImage, withMount } from '../mounts.ts'
import { oneOf } from '../scenario.ts'
import type { Cycle, Scenario } from '../scenario.ts'
import { writeAndKill } from './killed-journal.ts'

const IMAGE_MIB = 48
const CUTS_A_LOG = 3

/**
 * A power cut is what a disk holds at one moment, without anything that only the system's memory knows. The disk is a file here: it is
 * copied once the writer is dead, and the copy mounted. No commit of the file system's own comes in between: it makes none for ten
 * minutes unless it is asked to.
 */
export const powerCut: Scenario = powerCutUnder([])

/** @param flags for the process that writes: a test of the test gives it a system that lies */
export function powerCutUnder(flags: readonly string[]): Scenario {
  return {
    name: 'power-cut',
    what: 'the power fails on ext4: everything acknowledged is on the device, and what records refer to as well',
    needs: ['linux', 'mount', 'loop', 'mkfs.ext4'],
    cycles: 20,
    async run({ seed, random, folder, count }) {
      const stage = { random, shape: logPlace(random, ''), oracle: new LogOracle(seed), mode: oneOf(random, ['ordered', 'writeback']), count, flags }
      // In memory: how the disk fails is up to the test, not how slow it is.
      const images = memoryFolder(folder)
      let image = join(images, 'disk-0')
      try {
        makeImage(image, IMAGE_MIB, commandPath('mkfs.ext4') as string)
        for (let cut = 1; cut <= CUTS_A_LOG; cut++) {
          const after = join(images, `disk-${cut}`)
          await writeUntilCut(stage, image, after)
          rmSync(image)
          image = after
        }
      } finally {
        rmSync(images, { recursive: true, force: true })
      }
      count('acknowledged records', stage.oracle.acknowledged)
    },
  }
}

interface Stage {
  readonly random: Random
  /** Sizes; the folder is that of the mount. */
  readonly shape: LogPlace
  readonly oracle: LogOracle
  readonly mode: string
  readonly count: Cycle['count']
  readonly flags: readonly string[]
}

/** Writes on one image and leaves another one, as the power cut has left it and the next opening has put it right. */
async function writeUntilCut(stage: Stage, image: string, after: string): Promise<void> {
  const { random, oracle, count, mode } = stage
  const options = `commit=600,data=${mode}`
  await withMount({ type: 'ext4', image, options }, async (folder) => {
    const place = at(folder, stage.shape)
    makeBesides(place)
    const end = await writeAndKill(random, place, oracle, stage.flags)
    copyImage(image, after)
    if (end.signal !== 'SIGKILL' && end.code !== 0) throw new Error(`the writer ended with code ${end.code}, signal ${end.signal}\n${end.errors}`)
    oracle.acknowledge(numbersAfter(end.lines, 'acked'))
  })
  count('power cuts')
  const second = `${after}-second`
  await withMount({ type: 'ext4', image: after, options }, async (folder) => {
    const place = at(folder, stage.shape)
    const journal = await openJournal({ ...settingsOf(place), writer: 'inline' })
    try {
      oracle.checkOpened(journal, place)
      copyImage(after, second)
    } finally {
      await journal.close()
    }
  })
  // What that opening has reported, another one has to report again although the power failed right after it.
  await withMount({ type: 'ext4', image: second, options }, (folder) => oracle.check(at(folder, stage.shape)))
  count('power cuts')
  rmSync(second)
}

function at(folder: string, shape: LogPlace): LogPlace {
  return { ...shape, folder: join(folder, shape.folder), besides: join(folder, shape.besides) }
}
