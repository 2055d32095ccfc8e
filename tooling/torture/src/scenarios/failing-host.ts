import { fileURLToPath } from 'node:url'
import { ChildProgram } from '../child-program.ts'
import type { ChildEnd } from '../child-program.ts'
import { between, oneOf } from '../scenario.ts'
import type { Scenario } from '../scenario.ts'

const workflow = fileURLToPath(new URL('../programs/host-workflow.ts', import.meta.url))
const RESULT = '"all is done"'

/** The `symphony` command while its disk fails: it has to say so and end with a code that is not 0, and the next one has to go on. */
export const failingHost: Scenario = {
  name: 'failing-host',
  what: 'the disk fails under the symphony command: it says JOURNAL_POISONED or what the disk said, ends with code 1, and the next one goes on',
  needs: ['linux', 'strace'],
  cycles: 8,
  async run({ random, folder, count }) {
    const call = oneOf(random, ['fdatasync', 'fdatasync', 'pwrite64'])
    const nth = between(random, 1, call === 'fdatasync' ? 12 : 24)
    const error = oneOf(random, ['EIO', 'ENOSPC'])
    const inject = `${call}:error=${error}:when=${nth}${oneOf(random, ['', '+'])}`
    const under = ['strace', '-f', '-qq', '-o', '/dev/null', '-e', `trace=${call}`, '-e', `inject=${inject}`]
    const first = await new ChildProgram('symphony-command', ['run', workflow, '--state', 'state', '--id', 'hosted', '--json'], { cwd: folder, under }).ended
    count(`commands ${checkFirst(first, inject)}`)
    const second = await new ChildProgram('symphony-command', ['run', workflow, '--state', 'state', '--id', 'hosted', '--json'], { cwd: folder }).ended
    if (second.code !== 0 || second.lines.at(-1) !== RESULT) throw new Error(`after ${inject}, the next command ended with code ${second.code}, having said "${second.lines.at(-1)}"\n${second.errors}`)
  },
}

function checkFirst({ code, signal, lines, errors }: ChildEnd, inject: string): string {
  // The call was never made, or only for a checkpoint, which the log does without.
  if (code === 0 && lines.at(-1) === RESULT) return 'that did not need the call'
  const isTold = /symphony: (JOURNAL_POISONED|STORAGE_FULL|STORAGE_FAILED|WORKFLOW_FAILED)/.test(errors)
  if (code !== 1 || signal !== null || !isTold) throw new Error(`with ${inject} the command ended with code ${code}, signal ${signal}, having said "${lines.at(-1)}"\n${errors}`)
  return 'that said so'
}
