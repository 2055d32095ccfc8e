import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ChildProgram } from '../child-program.ts'
import { between } from '../scenario.ts'
import type { Scenario } from '../scenario.ts'

/** Longer than anything in the process waits for: all of it is overdue at once when it goes on. */
const STOPPED_MS = 1_200
const FIRES: Readonly<Record<string, number>> = { delayed: 1, 'in-time': 1, timeout: 2, 'stale-1': 1, 'stale-2': 1 }
const ENDED = {
  tasks: [['after', 'succeeded', null], ['delayed', 'succeeded', null], ['in time', 'succeeded', null], ['too late', 'failed', 'TIMEOUT']],
  isLive: false,
  leasesExpired: 1,
  open: 0,
  slotsUsed: 0,
}

/** The process is stopped, as a laptop is when its lid is closed, and goes on when every deadline has passed. */
export const stoppedProcess: Scenario = {
  name: 'stopped-process',
  what: 'SIGSTOP and SIGCONT: nothing that waits for a time fires twice, work that was done in time is not called late, leases end once',
  needs: ['linux'],
  cycles: 2,
  async run({ random, folder, count }) {
    const stops: Promise<void>[] = []
    const at = between(random, 0, 2)
    let fired = 0
    const child = new ChildProgram('timer-keeper', [join(folder, 'state')], {
      onLine: (line, process) => {
        const isDue = at === 0 ? line === 'armed' : line.startsWith('fired') && ++fired === at
        if (isDue) stops.push(stopFor(process, STOPPED_MS))
      },
    })
    const end = await child.ended
    await Promise.all(stops)
    if (end.code !== 0 || end.lines.at(-1) !== 'closed') throw new Error(`the process ended with code ${end.code}, signal ${end.signal}, having said "${end.lines.at(-1)}"\n${end.errors}`)
    for (const [what, times] of Object.entries(FIRES)) {
      const found = end.lines.filter((line) => line === `fired ${what}`).length
      if (found !== times) throw new Error(`"${what}" fired ${found} times instead of ${times}`)
    }
    const ended = JSON.parse(end.lines.find((line) => line.startsWith('ended '))?.slice(6) ?? 'null') as typeof ENDED
    const found = { ...ended, tasks: ended.tasks.toSorted() }
    if (JSON.stringify(found) !== JSON.stringify(ENDED)) throw new Error(`it ended with ${JSON.stringify(found)} instead of ${JSON.stringify(ENDED)}`)
    count('stops', stops.length)
  },
}

async function stopFor(child: ChildProgram, ms: number): Promise<void> {
  child.signal('SIGSTOP')
  // The signal is on its way; the process stands once the system says so.
  while (!/^\d+ \(.*\) [TZX]/.test(readFileSync(`/proc/${child.pid}/stat`, 'utf8'))) await sleep(5)
  await sleep(ms)
  child.signal('SIGCONT')
}
