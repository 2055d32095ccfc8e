import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { SymphonyError } from '@symphony/interface'
import type { Runtime, TaskContext, WorkflowSpec } from '@symphony/interface'
import { VirtualClock } from '@symphony/ports'
import { createRuntime } from '@symphony/runtime'
import { runThroughTime } from './virtual-time.ts'

const DAY_MS = 24 * 3600 * 1000
const START_MS = Date.UTC(2026, 0, 1)
const days = (ms: number): number => (ms - START_MS) / DAY_MS

/** Three months of a subscription: a trial week, the first of the month, a signature half way, a payment that fails twice. */
function subscription(clock: VirtualClock, seen: Record<string, number[]>): WorkflowSpec {
  const note = ({ taskId }: TaskContext): string => {
    ;(seen[taskId] ??= []).push(days(clock.nowMs()))
    return taskId
  }
  const charge = (context: TaskContext): string => {
    note(context)
    if (context.attempt < 3) throw new SymphonyError({ code: 'TASK_FAILED', component: 'test', message: 'no money yet', retryable: true })
    return `paid for ${String(context.inputs.get('signature'))}`
  }
  return {
    name: 'subscription',
    output: 'receipt',
    tasks: [
      { id: 'begin', run: note },
      { id: 'trial', needs: ['begin'], delayMs: 7 * DAY_MS },
      { id: 'welcome', needs: ['trial'], run: note },
      { id: 'first of the month', needs: ['welcome'], cron: '0 9 1 * *' },
      { id: 'invoice', needs: ['first of the month'], run: note },
      { id: 'signature', needs: ['begin'], waitFor: 'signed' },
      { id: 'charge', needs: ['invoice', 'signature'], run: charge, retry: { attempts: 3, backoff: 'exponential', delayMs: DAY_MS, delayMsMax: 30 * DAY_MS } },
      { id: 'noon after', needs: ['charge'], cron: '0 12 * * *' },
      { id: 'remind', needs: ['noon after'], run: note },
      { id: 'three months', needs: ['remind'], untilMs: () => START_MS + 90 * DAY_MS },
      { id: 'receipt', needs: ['three months', 'charge'], run: (context) => [note(context), context.inputs.get('charge')] },
    ],
  }
}

const EXPECTED = {
  begin: [0],
  welcome: [7],
  // The 1st of February, at nine.
  invoice: [31 + 9 / 24],
  // Signed on day 45; the first wait is a day, the second two.
  charge: [45, 46, 48],
  remind: [48.5],
  receipt: [90],
}

function sign({ dag, artifacts }: Runtime): void {
  dag.signalWorkflow('s1', 'signed', artifacts.putJson('Ann'))
}

describe('a workflow over 90 days', () => {
  it.each(['cold', 'warm'])('does everything at its time, in no time: %s', async (temperature) => {
    const clock = new VirtualClock(START_MS)
    const seen: Record<string, number[]> = {}
    await using symphony = await createRuntime({ clock })
    clock.schedule(45 * DAY_MS, () => sign(symphony))
    const begunMs = performance.now()
    const handle = await symphony.conductor.orchestrate(subscription(clock, seen), null, { id: 's1' })
    const moments = await runThroughTime(clock, () => handle.state().state !== 'running')
    console.log(`90 days, ${temperature}, in ${(performance.now() - begunMs).toFixed(1)} ms, ${moments} moments`)
    expect(await handle.result()).toEqual(['receipt', 'paid for Ann'])
    expect(seen).toEqual(EXPECTED)
    expect(days(handle.state().endedAtMs as number)).toBe(90)
    expect(clock.pendingTimers).toBe(0)
  })

  it('does the same when it is closed and opened again on the way, three times', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'symphony-ninety-'))
    try {
      const clock = new VirtualClock(START_MS)
      const seen: Record<string, number[]> = {}
      const workflow = subscription(clock, seen)
      // While it waits for time and a signal; while a payment waits to be tried again; and while nothing is open but the last wait.
      for (const untilDay of [20, 46.5, 60, Infinity]) {
        await using symphony = await createRuntime({ clock, folder, workflows: [workflow] })
        const handle = await symphony.conductor.orchestrate(workflow, null, { id: 's1' })
        const stops = [clock.schedule(Math.min(untilDay, 1000) * DAY_MS + START_MS - clock.nowMs(), () => {})]
        if (days(clock.nowMs()) < 45 && untilDay > 45) stops.push(clock.schedule(45 * DAY_MS + START_MS - clock.nowMs(), () => sign(symphony)))
        await runThroughTime(clock, () => handle.state().state !== 'running' || days(clock.nowMs()) >= untilDay)
        for (const stop of stops) stop()
        if (untilDay < Infinity) expect([handle.state().state, days(clock.nowMs())]).toEqual(['running', untilDay])
        else expect(await handle.result()).toEqual(['receipt', 'paid for Ann'])
      }
      expect(seen).toEqual(EXPECTED)
      expect(clock.pendingTimers).toBe(0)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

  it('catches up on what came due while nothing was open', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'symphony-ninety-'))
    try {
      const clock = new VirtualClock(START_MS)
      const seen: Record<string, number[]> = {}
      const workflow = subscription(clock, seen)
      {
        await using symphony = await createRuntime({ clock, folder, workflows: [workflow] })
        await symphony.conductor.orchestrate(workflow, null, { id: 's1' })
        await runThroughTime(clock, () => true)
        sign(symphony)
      }
      clock.advance(100 * DAY_MS)
      await using symphony = await createRuntime({ clock, folder, workflows: [workflow] })
      const handle = symphony.conductor.handle('s1')
      await runThroughTime(clock, () => handle.state().state !== 'running')
      expect(await handle.result()).toEqual(['receipt', 'paid for Ann'])
      // The trial was over on day 100; the next first of a month is the 1st of May, day 120.
      expect(seen).toEqual({ begin: [0], welcome: [100], invoice: [120 + 9 / 24], charge: [0, 1, 3].map((day) => 120 + 9 / 24 + day), remind: [123.5], receipt: [123.5] })
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
