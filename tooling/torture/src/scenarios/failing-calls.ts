import type { Random } from '@symphony/interface'
import { ChildProgram, numbersAfter } from '../child-program.ts'
import type { ChildEnd } from '../child-program.ts'
import { LogOracle } from '../log-oracle.ts'
import { logPlace, makeBesides, ordersFor } from '../log-place.ts'
import { between, oneOf } from '../scenario.ts'
import type { Cycle, Scenario } from '../scenario.ts'

/** Calls of the system that the journal makes, and what may become of one. `+`: of all from that one on. */
const CALLS = ['fdatasync', 'pwrite64', 'fsync', 'ftruncate', 'rename'] as const
const FATES = ['error=EIO', 'error=ENOSPC', 'signal=KILL'] as const
/** Of so many calls one is struck. */
const CALLS_MAX = { fdatasync: 24, pwrite64: 24, fsync: 4, ftruncate: 4, rename: 4 }
const SLOW_US = 40_000

/**
 * The system itself refuses the Nth call of a kind, once or for ever, takes its time for it, or ends the process in the middle of it. No
 * line of the program knows: it is done from outside, thread by thread.
 */
export const failingCalls: Scenario = {
  name: 'failing-calls',
  what: 'the system fails the Nth fdatasync, write, fsync, truncate or rename: no false acknowledgement, poisoned afterwards, recovered next time',
  needs: ['linux', 'strace'],
  cycles: 45,
  async run({ seed, random, folder, count }) {
    const place = logPlace(random, folder)
    makeBesides(place)
    const oracle = new LogOracle(seed)
    const fault = faultOf(seed, random)
    // Half of them strike a log that is there already: opening it is a part of what may fail.
    for (const inject of seed % 2 === 0 ? [undefined, fault] : [fault]) {
      const under = inject === undefined ? [] : ['strace', '-f', '-qq', '-o', '/dev/null', '-e', `trace=${CALLS.join(',')}`, '-e', `inject=${inject}`]
      const end = await new ChildProgram('journal-writer', [JSON.stringify(ordersFor(random, place, seed, oracle.generation))], { under }).ended
      if (inject !== undefined) countEnd(inject, end, count)
      oracle.acknowledge(numbersAfter(end.lines, 'acked'))
      await oracle.check(place, oneOf(random, [{}, { threadAfterCommits: 0 }]))
    }
    count('acknowledged records', oracle.acknowledged)
  },
}

function faultOf(seed: number, random: Random): string {
  const call = CALLS[seed % CALLS.length] as (typeof CALLS)[number]
  const fate = FATES[Math.floor(seed / CALLS.length) % FATES.length] as string
  const nth = between(random, 1, CALLS_MAX[call])
  if (random.next() < 0.1) return `${call}:delay_exit=${SLOW_US}:when=${nth}+3`
  return `${call}:${fate}:when=${nth}${random.next() < 0.5 ? '+' : ''}`
}

/** How a process may end whose system fails. */
const ends: ReadonlyMap<number, string> = new Map([[0, 'ended in order'], [3, 'poisoned'], [4, 'refused to open'], [5, 'could not write its own file']])

function countEnd(inject: string, { code, signal, lines, errors }: ChildEnd, count: Cycle['count']): void {
  const last = lines.at(-1) ?? 'nothing'
  const how = signal === 'SIGKILL' && inject.includes('KILL') ? 'killed' : ends.get(code ?? -1)
  if (how === undefined) throw new Error(`with ${inject} the process ended with code ${code}, signal ${signal}, having said "${last}"\n${errors}`)
  // Which failure it was has to arrive at whoever is told.
  const expected = inject.includes('ENOSPC') ? 'STORAGE_FULL' : 'STORAGE_FAILED'
  if ((how === 'poisoned' || how === 'refused to open') && !last.endsWith(expected)) throw new Error(`with ${inject} it said "${last}" instead of ${expected}`)
  count(`processes ${how}`)
  count(`${inject.split(':')[0]} faults`)
}
