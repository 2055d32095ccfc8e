import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { ChildProgram } from '../child-program.ts'
import { commandPath } from '../machine.ts'
import { memoryFolder } from '../memory-folder.ts'
import { copyImage, makeImage, withMount } from '../mounts.ts'
import { RunOracle } from '../run-oracle.ts'
import { oneOf } from '../scenario.ts'
import type { Cycle, Scenario } from '../scenario.ts'
import { orderRuns, workAndKill } from './killed-runtime.ts'
import type { RunOrders } from './killed-runtime.ts'

const IMAGE_MIB = 96
const CUTS_A_FOLDER = 3

/** As `power-cut`, for a whole state folder: what a durable record names, an artifact in a pack or in a file of its own, is on the device as well. */
export const powerCutRuntime: Scenario = {
  name: 'power-cut-runtime',
  what: 'the power fails under a runtime: every durable task has its content, no effect rests on what is lost, every run comes to its result',
  needs: ['linux', 'mount', 'loop', 'mkfs.ext4'],
  cycles: 5,
  async run({ random, folder, count }) {
    const orders = orderRuns(random)
    const oracle = new RunOracle()
    const options = `commit=600,data=${oneOf(random, ['ordered', 'writeback'])}`
    const images = memoryFolder(folder)
    let image = join(images, 'disk-0')
    try {
      makeImage(image, IMAGE_MIB, commandPath('mkfs.ext4') as string)
      for (let cut = 1; cut <= CUTS_A_FOLDER; cut++) {
        const after = join(images, `disk-${cut}`)
        const effects = await withMount({ type: 'ext4', image, options }, (disk) => workUntilCut(random, stateIn(disk, orders), oracle, () => copyImage(image, after)))
        count('power cuts')
        await withMount({ type: 'ext4', image: after, options }, (disk) => oracle.check(stateIn(disk, orders).folder, effects))
        rmSync(image)
        image = after
      }
      await withMount({ type: 'ext4', image, options }, (disk) => workToTheEnd(stateIn(disk, orders), oracle))
    } finally {
      rmSync(images, { recursive: true, force: true })
    }
    count('durable tasks', oracle.done)
  },
}

function stateIn(disk: string, orders: RunOrders): RunOrders {
  return { ...orders, folder: join(disk, orders.folder) }
}

/** @returns the effects outside that were told */
async function workUntilCut(random: Cycle['random'], orders: RunOrders, oracle: RunOracle, cut: () => void): Promise<readonly string[]> {
  const end = await workAndKill(random, orders)
  cut()
  if (end.signal !== 'SIGKILL' && end.code !== 0) throw new Error(`the process ended with code ${end.code}, signal ${end.signal}\n${end.errors}`)
  oracle.hear(end.lines)
  return end.lines.filter((line) => line.startsWith('effect '))
}

async function workToTheEnd(orders: RunOrders, oracle: RunOracle): Promise<void> {
  const last = await new ChildProgram('runtime-worker', [JSON.stringify(orders)]).ended
  if (last.code !== 0) throw new Error(`the last process ended with code ${last.code}, signal ${last.signal}\n${last.errors}`)
  oracle.hear(last.lines)
  if (oracle.results !== orders.runs) throw new Error(`${oracle.results} of ${orders.runs} runs came to a result`)
}
