import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openJournal } from '@symphony/journal'
import { readState } from '@symphony/runtime'
import { ChildProgram, numbersAfter } from '../child-program.ts'
import type { ChildEnd } from '../child-program.ts'
import { EndedTasks } from '../ended-tasks.ts'
import type { Cycle, Scenario } from '../scenario.ts'

/** Far more than a run of so few documents has records. */
const KILLS_MAX = 150
/** How many records further the next process gets when the last one left nothing: 1 strikes at each of them. */
const STRIDES = [1, 3, 2]

/**
 * A small run of Docket that is killed at every single record it logs: the first process at its first one; the next one a record later, as
 * long as nothing of them was on the disk; once there is, at its first one again. What comes out is what an undisturbed run makes.
 */
export const killedDocket: Scenario = {
  name: 'killed-docket',
  what: 'kill -9 at every record of a run of Docket: the archive is that of an undisturbed run, no finished task runs again',
  needs: [],
  cycles: 1,
  async run({ seed, folder, count }) {
    const documents = join(folder, 'documents')
    writeDocuments(documents)
    const undisturbed = await lived(documents, join(folder, 'undisturbed'))
    const stateFolder = join(folder, 'state')
    const stride = STRIDES[(seed - 1) % STRIDES.length] as number
    const log = new GrowingLog()
    const ended = new EndedTasks()
    const struck = new Set<string>()
    let killAt: number | undefined = 1
    for (let kill = 1; ; kill++) {
      const end = await new ChildProgram('docket-worker', [JSON.stringify({ documents, stateFolder, killAt })]).ended
      if (end.signal !== 'SIGKILL') {
        checkEnd(end, undisturbed, stateFolder)
        break
      }
      if (killAt === undefined || kill > KILLS_MAX) throw new Error(`it did not come to an end in ${KILLS_MAX} processes`)
      count('kills')
      for (const line of end.lines) if (line.startsWith('struck ')) struck.add(line)
      const hasGrown = await log.check(join(stateFolder, 'journal'), Math.max(0, ...numbersAfter(end.lines, 'durable')))
      const { dag } = await readState(stateFolder)
      ended.check(dag)
      killAt = hasGrown ? 1 : killAt + stride
      // A run that has ended is followed by one that recalls everything, for ever.
      if (dag.runs().some((run) => dag.getWorkflowState(run).state === 'succeeded')) killAt = undefined
    }
    log.count(count)
    count('kinds of commands struck', struck.size)
    count('tasks', ended.size)
  },
}

function writeDocuments(folder: string): void {
  mkdirSync(folder)
  const letter = 'The harbour office of pier 4 writes about cargo 28. The crane was repaired on 3 March 1999 for 420 euros.'
  writeFileSync(join(folder, 'letter.txt'), letter)
  writeFileSync(join(folder, 'copy.txt'), letter)
  writeFileSync(join(folder, 'junk.bin'), Uint8Array.from({ length: 600 }, (_, index) => index * 197))
}

interface Lived {
  readonly outcome: string
  readonly archive: string
}

async function lived(documents: string, stateFolder: string): Promise<Lived> {
  const end = await new ChildProgram('docket-worker', [JSON.stringify({ documents, stateFolder })]).ended
  return whatItMade(end, stateFolder)
}

function whatItMade({ code, lines, errors }: ChildEnd, stateFolder: string): Lived {
  const outcome = lines.at(-1) ?? ''
  if (code !== 0 || !outcome.startsWith('outcome ')) throw new Error(`a process ended with code ${code}, having said "${outcome}"\n${errors}`)
  return { outcome, archive: readFileSync(join(stateFolder, 'report', 'archive.json'), 'utf8') }
}

function checkEnd(end: ChildEnd, undisturbed: Lived, stateFolder: string): void {
  const made = whatItMade(end, stateFolder)
  if (made.outcome !== undisturbed.outcome) throw new Error(`it came to ${made.outcome} instead of ${undisturbed.outcome}`)
  if (made.archive !== undisturbed.archive) throw new Error('the archive is not that of an undisturbed run')
}

/** A log that may only grow, at its end. */
class GrowingLog {
  #records: string[] = []
  readonly #types = new Map<string, number>()

  /** @returns whether there is more of it than before */
  async check(folder: string, durable: number): Promise<boolean> {
    await using journal = await openJournal({ folder, readOnly: true })
    const hashes: string[] = []
    this.#types.clear()
    journal.replay(({ lsn, component, type, body }) => {
      hashes[lsn - 1] = createHash('sha256').update(`${hashes[lsn - 1] ?? ''} ${component} ${type} `).update(body).digest('hex')
      const kind = `${component}.${type}`
      this.#types.set(kind, (this.#types.get(kind) ?? 0) + 1)
    })
    if (hashes.length < durable) throw new Error(`record ${durable} was durable, but the log ends with ${hashes.length}`)
    this.#records.forEach((hash, index) => {
      if (hashes[index] !== hash) throw new Error(`record ${index + 1} is no longer what it was`)
    })
    const hasGrown = hashes.length > this.#records.length
    this.#records = hashes
    return hasGrown
  }

  count(count: Cycle['count']): void {
    count('records', this.#records.length)
    count('kinds of commands', this.#types.size)
  }
}
