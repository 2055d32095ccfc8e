import { join } from 'node:path'
import { ChildProgram } from '../child-program.ts'
import type { ChildEnd } from '../child-program.ts'
import type { Scenario } from '../scenario.ts'

const FATES = ['exit', 'terminate', 'memory', 'throw']

/** How the run of a doomed task ended, as its process told. */
interface ToldEnd {
  readonly fate: string
  readonly attempts: number
  readonly state: string
  readonly code: string | null
  readonly calls: number
  readonly slotsUsed: number
}

/** The thread of a model dies in the middle of a call: by itself, from outside, out of memory; or the whole process does. */
export const deadWorker: Scenario = {
  name: 'dead-worker',
  what: 'a model\'s thread dies in the middle of a task: tried again or failed as declared, its lease back at once, the next call answered',
  needs: [],
  cycles: 2,
  async run({ seed, folder, count }) {
    const state = join(folder, 'state')
    const fates = seed % 2 === 1 ? FATES : FATES.toReversed()
    if (seed % 2 === 0) checkAborted(await new ChildProgram('model-keeper', [state, 'abort']).ended)
    const end = await new ChildProgram('model-keeper', [state, fates.join(',')]).ended
    const well = end.code === 0 && end.lines.at(-1) === 'closed' && end.lines.includes('answer well')
    if (!well) throw new Error(`the process ended with code ${end.code}, signal ${end.signal}, having said "${end.lines.at(-1)}"\n${end.errors}`)
    const told = end.lines.flatMap((line) => (line.startsWith('ended ') ? [JSON.parse(line.slice(6)) as ToldEnd] : []))
    if (told.length !== 2 * fates.length) throw new Error(`${told.length} runs of ${2 * fates.length} ended`)
    told.forEach(checkTold)
    count('threads died', told.length)
  },
}

function checkTold(told: ToldEnd): void {
  const { attempts, state, code, calls, slotsUsed } = told
  const expected = attempts === 2 ? { state: 'succeeded', code: null, calls: 2, slotsUsed: 0 } : { state: 'failed', code: 'MODEL_FAILED', calls: 1, slotsUsed: 0 }
  const found = { state, code, calls, slotsUsed }
  if (JSON.stringify(found) !== JSON.stringify(expected)) throw new Error(`with ${told.fate} and ${attempts} attempts: ${JSON.stringify(found)} instead of ${JSON.stringify(expected)}`)
}

function checkAborted({ code, signal, lines, errors }: ChildEnd): void {
  if (signal === 'SIGABRT' && lines.at(-1) === 'doomed abort') return
  throw new Error(`process.abort: it ended with code ${code}, signal ${signal}, having said "${lines.at(-1)}"\n${errors}`)
}
