import type { Random } from '@symphony/interface'
import { ChildProgram, numbersAfter } from '../child-program.ts'
import type { ChildEnd } from '../child-program.ts'
import { LogOracle } from '../log-oracle.ts'
import { logPlace, makeBesides, ordersFor } from '../log-place.ts'
import type { LogPlace } from '../log-place.ts'
import { between, oneOf } from '../scenario.ts'
import type { Cycle, Scenario } from '../scenario.ts'

const KILLS_A_LOG = 4
/** A process may end before the signal comes; so many are tried. */
const PROCESSES_MAX = 16

/** `kill -9` while a log is opened, written, checkpointed and closed, again and again in the same folder. */
export const killedJournal: Scenario = killedJournalUnder([])

/** @param flags for the process that writes: a test of the test gives it a system that lies */
export function killedJournalUnder(flags: readonly string[]): Scenario {
  return {
    name: 'killed-journal',
    what: 'kill -9 at any moment of a journal\'s life: nothing acknowledged is lost, whole records only',
    needs: [],
    cycles: 36,
    async run({ seed, random, folder, count }) {
      const place = logPlace(random, folder)
      makeBesides(place)
      const oracle = new LogOracle(seed)
      let kills = 0
      for (let process = 0; kills < KILLS_A_LOG && process < PROCESSES_MAX; process++) {
        const end = await writeAndKill(random, place, oracle, flags)
        if (countEnd(end, count)) kills++
        oracle.acknowledge(numbersAfter(end.lines, 'acked'))
        // Read only leaves a torn tail for the next process to find; opened in order, it is the parent that finds it.
        const init = oneOf(random, [{ readOnly: true }, {}, { threadAfterCommits: 0 }, { writer: 'inline' as const }])
        // Killed before there was a log: who only reads begins none.
        await oracle.check(place, oracle.recovered === 0 ? {} : init)
      }
      await oracle.check(place)
      count('acknowledged records', oracle.acknowledged)
    },
  }
}

/** Where in its life the process is killed: at what it says, the how-manieth time. */
const moments = ['opening', 'opened', 'acked', 'acked', 'acked', 'acked', 'checkpointing', 'closing', 'closed'] as const

export async function writeAndKill(random: Random, place: LogPlace, oracle: LogOracle, flags: readonly string[] = []): Promise<ChildEnd> {
  const moment = oneOf(random, moments)
  let left = moment === 'acked' ? between(random, 1, 30) : moment === 'checkpointing' ? between(random, 1, 2) : 1
  const orders = ordersFor(random, place, oracle.seed, oracle.generation)
  const onLine = (line: string, child: ChildProgram): void => {
    if (line.split(' ')[0] === moment && --left === 0) child.kill()
  }
  return new ChildProgram('journal-writer', [JSON.stringify(orders)], { onLine, flags }).ended
}

/**
 * @returns whether it was killed
 * @throws when the process ended in a way it never should
 */
function countEnd({ code, signal, lines, errors }: ChildEnd, count: Cycle['count']): boolean {
  const last = lines.at(-1) ?? 'nothing'
  if (signal === 'SIGKILL') {
    count(`kills after "${last.split(' ')[0]}"`)
    return true
  }
  if (code !== 0) throw new Error(`the process ended with code ${code}, signal ${signal}, having said "${last}"\n${errors}`)
  count('orderly ends')
  return false
}
