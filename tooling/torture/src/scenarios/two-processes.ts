import { isFolderOpen, openJournal } from '@symphony/journal'
import { ChildProgram, numbersAfter } from '../child-program.ts'
import { LogOracle } from '../log-oracle.ts'
import { logPlace, makeBesides, ordersFor, settingsOf } from '../log-place.ts'
import type { LogPlace } from '../log-place.ts'
import { between } from '../scenario.ts'
import type { Scenario } from '../scenario.ts'

const LOOKS = 6

/** While one process writes, another one tries to open the folder, and reads it; then the first is killed, and the next gets in at once. */
export const twoProcesses: Scenario = {
  name: 'two-processes',
  what: 'two processes on one folder: the second is refused, a reader beside sees whole records, and the folder is free when the first is killed',
  needs: [],
  cycles: 4,
  async run({ seed, random, folder, count }) {
    const place = logPlace(random, folder)
    makeBesides(place)
    const heard = { acked: 0, lines: 0 }
    const looks: Promise<void>[] = []
    const each = between(random, 3, 12)
    const writer = new ChildProgram('journal-writer', [JSON.stringify({ ...ordersFor(random, place, seed, 0), rounds: 1_000_000 })], {
      onLine(line, child) {
        if (!line.startsWith('acked ')) return
        heard.acked = Math.max(heard.acked, Number(line.slice(6)))
        if (++heard.lines % each !== 0 || looks.length === LOOKS) return
        looks.push(lookBeside(place, seed, heard.acked))
        if (looks.length === LOOKS) void Promise.allSettled(looks).then(() => child.kill())
      },
    })
    const end = await writer.ended
    await Promise.all(looks)
    if (end.signal !== 'SIGKILL') throw new Error(`the writer ended with code ${end.code}, signal ${end.signal}\n${end.errors}`)
    if (isFolderOpen(place.folder)) throw new Error('the folder counts as open although its process is gone')
    const oracle = new LogOracle(seed)
    oracle.acknowledge(numbersAfter(end.lines, 'acked'))
    await oracle.check(place)
    count('looks beside a writer', LOOKS)
    count('acknowledged records', oracle.acknowledged)
  },
}

/** @param acked was acknowledged before the look began */
async function lookBeside(place: LogPlace, seed: number, acked: number): Promise<void> {
  const refusal = await openJournal(settingsOf(place)).then(
    async (journal) => (await journal.close(), undefined),
    (error: { readonly code?: string }) => error.code,
  )
  if (refusal !== 'JOURNAL_LOCKED') throw new Error(`a second process was not refused with JOURNAL_LOCKED, but ${refusal ?? 'let in'}`)
  if (!isFolderOpen(place.folder)) throw new Error('the folder does not count as open although a process writes in it')
  const oracle = new LogOracle(seed)
  oracle.acknowledge([acked])
  await oracle.check(place, { readOnly: true })
}
