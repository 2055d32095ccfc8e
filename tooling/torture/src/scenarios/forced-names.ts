import { mkdirSync, readFileSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ChildProgram } from '../child-program.ts'
import { logPlace, makeBesides, ordersFor } from '../log-place.ts'
import { NameTrace } from '../name-trace.ts'
import type { Cycle, Scenario } from '../scenario.ts'
import { orderRuns } from './killed-runtime.ts'

const CALLS = 'openat,mkdir,rename,unlink,rmdir,fsync,write'

/**
 * A file system may lose the name of a file whose content it keeps, unless the folder is forced as well. Most do not, so no power cut on
 * one of them tells: what was asked of the system is looked at instead.
 */
export const forcedNames: Scenario = {
  name: 'forced-names',
  what: 'every folder and file that is made is forced into the folder above it, before anything that rests on it is told',
  needs: ['linux', 'strace'],
  cycles: 4,
  async run(cycle) {
    const folder = realpathSync(cycle.folder)
    const trace = join(folder, 'trace')
    const under = ['strace', '-f', '-y', '-qq', '-s', '40', '-o', trace, '-e', `trace=${CALLS}`]
    const [program, orders, base] = cycle.seed % 2 === 0 ? runsIn(cycle, join(folder, 'runs')) : recordsIn(cycle, join(folder, 'records'))
    const end = await new ChildProgram(program, [JSON.stringify(orders)], { under }).ended
    if (end.code !== 0) throw new Error(`the process ended with code ${end.code}, signal ${end.signal}\n${end.errors}`)
    const names = new NameTrace(base)
    for (const line of readFileSync(trace, 'utf8').split('\n')) names.read(line)
    names.end()
    cycle.count('names forced', names.forced)
  },
}

/** A state folder, and folders above it, that are not there yet. */
function runsIn({ random }: Cycle, base: string): [string, object, string] {
  mkdirSync(base)
  return ['runtime-worker', { ...orderRuns(random), folder: join(base, 'not', 'yet', 'there') }, base]
}

function recordsIn({ random, seed }: Cycle, base: string): [string, object, string] {
  mkdirSync(base)
  const place = { ...logPlace(random, base), segmentBytes: 8192, contentBytesMax: 1_500, folder: join(base, 'not', 'yet', 'there') }
  makeBesides(place)
  return ['journal-writer', ordersFor(random, place, seed, 0), dirname(place.besides)]
}
