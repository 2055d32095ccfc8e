import { join } from 'node:path'
import type { Random } from '@symphony/interface'
import { ChildProgram } from '../child-program.ts'
import type { ChildEnd } from '../child-program.ts'
import { RunOracle } from '../run-oracle.ts'
import { between, oneOf } from '../scenario.ts'
import type { Scenario } from '../scenario.ts'

const KILLS_A_FOLDER = 5
/** A process may end before the signal comes; so many are tried. */
const PROCESSES_MAX = 12

/** `kill -9` while runs are started, worked on, checkpointed and ended, again and again in the same folder; then a process that is let. */
export const killedRuntime: Scenario = {
  name: 'killed-runtime',
  what: 'kill -9 at any moment of a runtime\'s life: no task whose end was durable is called again, every run comes to its result',
  needs: [],
  cycles: 8,
  async run({ random, folder, count }) {
    const orders = { folder: join(folder, 'state'), runs: between(random, 3, 10), atOnce: between(random, 1, 5), checkpointBytes: oneOf(random, [4_000, 40_000, 1 << 26]) }
    const oracle = new RunOracle()
    let kills = 0
    for (let process = 0; kills < KILLS_A_FOLDER && process < PROCESSES_MAX; process++) {
      const end = await workAndKill(random, orders)
      oracle.hear(end.lines)
      await oracle.check(orders.folder, end.lines.filter((line) => line.startsWith('effect ')))
      if (end.signal === 'SIGKILL') {
        kills++
        count(`kills after "${end.lines.at(-1)?.split(' ')[0]}"`)
      } else if (end.code !== 0) throw new Error(`the process ended with code ${end.code}, signal ${end.signal}\n${end.errors}`)
    }
    const last = await new ChildProgram('runtime-worker', [JSON.stringify(orders)]).ended
    if (last.code !== 0 || last.lines.at(-1) !== 'closed') throw new Error(`the last process ended with code ${last.code}, signal ${last.signal}\n${last.errors}`)
    oracle.hear(last.lines)
    await oracle.check(orders.folder, [])
    if (oracle.results !== orders.runs) throw new Error(`${oracle.results} of ${orders.runs} runs came to a result`)
    count('runs ended', orders.runs)
    count('durable tasks', oracle.done)
  },
}

const moments = ['opening', 'opened', 'begin', 'effect', 'effect', 'done', 'done', 'result', 'closing'] as const
const times: Readonly<Partial<Record<(typeof moments)[number], number>>> = { begin: 30, effect: 15, done: 40, result: 6 }

function workAndKill(random: Random, orders: object): Promise<ChildEnd> {
  const moment = oneOf(random, moments)
  let left = between(random, 1, times[moment] ?? 1)
  const onLine = (line: string, child: ChildProgram): void => {
    if (line.split(' ')[0] === moment && --left === 0) child.kill()
  }
  return new ChildProgram('runtime-worker', [JSON.stringify(orders)], { onLine }).ended
}
