import type { WorkflowSpec } from '@symphony/interface'
import { describe, expect, it } from 'vitest'
import { fail, leftBehind, settle, stage, temporaryFolder } from './stage.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

describe('waiting for people, for events and for time', () => {
  it('D17 a person answers; with a limit of time, or before anybody asked', async () => {
    const { conductor, dag, pass } = await stage()
    const release: WorkflowSpec = { name: 'release', output: 'publish', tasks: [
      { id: 'draft', run: () => 'text' },
      { id: 'approve', needs: ['draft'], waitFor: 'approved', timeoutMs: DAY },
      { id: 'publish', needs: ['draft', 'approve'], run: ({ inputs }) => [inputs.get('draft'), inputs.get('approve')] as never },
    ] }
    for (const id of ['answered', 'early', 'ignored']) await conductor.orchestrate(release, null, { id })
    conductor.handle('early').signal('approved', { by: 'Ann' })
    await settle()
    expect(dag.getWorkflowState('answered').progress.waiting).toBe(1)
    conductor.handle('answered').signal('approved', { by: 'Ann' })
    expect(await conductor.handle('answered').result()).toEqual(['text', { by: 'Ann' }])
    expect(await conductor.handle('early').result()).toEqual(['text', { by: 'Ann' }])
    await pass(DAY)
    expect((await conductor.handle('ignored').ended()).failures).toMatchObject([{ task: 'approve', error: { code: 'TIMEOUT' } }])
  })

  it('D17 a person says no: the way out of it runs, over a restart too', async () => {
    const folder = temporaryFolder()
    const release: WorkflowSpec = { name: 'release', output: 'end', tasks: [
      { id: 'draft', run: () => 'text' },
      { id: 'approve', needs: ['draft'], waitFor: 'approved' },
      { id: 'publish', needs: ['approve'], run: () => 'published' },
      { id: 'archive', when: 'approve.failed', run: ({ inputs }) => `archived: ${inputs.error('approve')?.message}` },
      { id: 'end', needs: ['publish', 'archive'], join: 'any', run: ({ inputs }) => [...inputs.entries()].map(([, value]) => value as string) },
    ] }
    const first = await stage({ folder, workflows: [release] })
    for (const id of ['refused', 'early']) await first.conductor.orchestrate('release', null, { id })
    first.conductor.handle('early').reject('approved', 'we have enough')
    const { conductor } = await stage({ folder: await leftBehind(first.symphony, folder), workflows: [release] })
    conductor.handle('refused').reject('approved', 'too long', { by: 'Ann' })
    expect(await conductor.handle('refused').result()).toEqual(['archived: too long'])
    expect(await conductor.handle('early').result()).toEqual(['archived: we have enough'])
  })

  it('D18 timers that outlive the process, cron, delayed starts and debounce', async () => {
    const folder = temporaryFolder()
    const timer: WorkflowSpec = { name: 'timer', output: 'b', tasks: [{ id: 'wait', delayMs: 30 * DAY }, { id: 'b', needs: ['wait'], run: ({ runInput }) => runInput }] }
    const quick: WorkflowSpec = { name: 'quick', output: 'a', tasks: [{ id: 'a', run: ({ runInput }) => runInput }] }
    const first = await stage({ folder })
    await first.conductor.orchestrate(timer, 'a month later', { id: 'month' })
    await settle()
    const copy = await leftBehind(first.symphony, folder)
    const { clock, conductor, dag, pass } = await stage({ folder: copy, workflows: [timer, quick] })
    await conductor.orchestrate(quick, 'delayed', { id: 'delayed', notBeforeMs: clock.nowMs() + HOUR })
    for (const letters of ['s', 'se', 'search']) await conductor.orchestrate(quick, letters, { debounce: { key: 'typing', waitMs: 500 } })
    dag.schedule({ id: 'nightly', workflow: 'quick', cron: '0 3 * * *', input: 'night' })
    await pass(499)
    expect(dag.findRuns({ workflow: 'quick', state: 'succeeded' }).runs).toEqual([])
    await pass(1)
    const [typed, ...others] = dag.findRuns({ workflow: 'quick', state: 'succeeded' }).runs
    expect([await conductor.handle(typed?.id as string).result(), others]).toEqual(['search', []])
    await pass(HOUR)
    expect(await conductor.handle('delayed').result()).toBe('delayed')
    for (let day = 0; day < 30; day++) await pass(DAY)
    expect(await conductor.handle('month').result()).toBe('a month later')
    expect(dag.schedules()).toMatchObject([{ id: 'nightly', fired: 30 }])
    expect(dag.findRuns({ workflow: 'quick' }).runs.filter(({ id }) => id.startsWith('nightly@')).every(({ startedAtMs }) => new Date(startedAtMs).getUTCHours() === 3)).toBe(true)
  })

  it('D18 a run has as long as its workflow says also when that is defined after a restart', async () => {
    const folder = temporaryFolder()
    const asked: WorkflowSpec = { name: 'asked', timeoutMs: HOUR, tasks: [{ id: 'ask', waitFor: 'answer' }, { id: 'end', needs: ['ask'], run: () => 'end' }] }
    const first = await stage({ folder })
    await first.conductor.orchestrate(asked, null, { id: 'r' })
    const { conductor, dag, pass } = await stage({ folder: await leftBehind(first.symphony, folder) }, first.clock)
    dag.defineWorkflow(asked)
    await pass(HOUR)
    expect(conductor.handle('r').state()).toMatchObject({ state: 'cancelled', reason: expect.stringContaining('TIMEOUT') })
  })

  it('D20 drain: what runs may end, nothing begins, and the next process goes on', async () => {
    const folder = temporaryFolder()
    const gate = Promise.withResolvers<string>()
    const twice = (a: () => unknown, b: () => unknown): WorkflowSpec => ({ name: 'twice', output: 'b', tasks: [{ id: 'a', run: a }, { id: 'b', needs: ['a'], run: b }] })
    const { conductor, symphony } = await stage({ folder })
    const handle = await conductor.orchestrate(twice(() => gate.promise, fail), null, { id: 'r' })
    await settle()
    let isDrained = false
    const drained = conductor.drain().then(() => (isDrained = true))
    await settle()
    expect(isDrained).toBe(false)
    gate.resolve('a')
    await drained
    expect(handle.progress()).toMatchObject({ succeeded: 1, running: 0 })
    const next = await stage({ folder: await leftBehind(symphony, folder), workflows: [twice(fail, () => 'b, elsewhere')] })
    expect(await next.conductor.handle('r').result()).toBe('b, elsewhere')
  })

  it('D30 one clock for all parts: tests set the time, and nothing waits', async () => {
    const { conductor, clock, pass } = await stage()
    const startMs = clock.nowMs()
    const handle = await conductor.orchestrate({ name: 'clock', tasks: [{ id: 'retry', retry: { attempts: 2, delayMs: HOUR, delayMsMax: HOUR }, run: ({ attempt }) => (attempt === 1 ? fail() : clock.nowMs() - startMs) }] })
    await settle()
    await pass(HOUR - 1)
    expect(handle.state().state).toBe('running')
    await pass(1)
    expect(await handle.result()).toEqual({ retry: HOUR })
    const { startedAtMs, endedAtMs } = handle.state()
    expect([startedAtMs, endedAtMs]).toEqual([startMs, startMs + HOUR])
  })

  it('pain 13: ninety days of timers are one test', async () => {
    const { conductor, clock, pass } = await stage()
    const seen: number[] = []
    const startMs = clock.nowMs()
    const months = [1, 2, 3].flatMap((month) => [
      { id: `month ${month}`, delayMs: 30 * DAY, needs: month === 1 ? [] : [`bill ${month - 1}`] },
      { id: `bill ${month}`, needs: [`month ${month}`], run: () => void seen.push((clock.nowMs() - startMs) / DAY) },
    ])
    const handle = await conductor.orchestrate({ name: 'subscription', tasks: months })
    await settle()
    for (let dueMs = clock.nextDueMs(); dueMs !== undefined && handle.state().state === 'running'; dueMs = clock.nextDueMs()) await pass(dueMs - clock.monotonicMs())
    expect([seen, (await handle.ended()).state]).toEqual([[30, 60, 90], 'succeeded'])
  })

  it('pain 18: many waits at once, each its own task: an answer runs nothing again, and wakes a parent run too', async () => {
    const { conductor, dag } = await stage()
    const calls: string[] = []
    dag.defineWorkflow({ name: 'ask', output: 'answer', tasks: [{ id: 'question', run: ({ runInput }) => (calls.push(`ask ${String(runInput)}`), runInput) }, { id: 'answer', needs: ['question'], waitFor: 'answer' }] })
    const people = ['Ann', 'Bob', 'Cid']
    const handle = await conductor.orchestrate({ name: 'committee', output: 'votes', tasks: [
      ...people.map((id) => ({ id, workflow: 'ask', input: () => id })),
      { id: 'chair', waitFor: 'chair' },
      { id: 'votes', needs: [...people, 'chair'], run: ({ inputs }) => (calls.push('count'), Object.fromEntries(inputs.entries())) },
    ] }, null, { id: 'r' })
    await settle()
    expect(handle.progress().waiting).toBe(4)
    handle.signal('chair', 'abstain')
    for (const person of people.toReversed()) conductor.handle(`r/${person}`).signal('answer', `yes, says ${person}`)
    expect(await handle.result()).toEqual({ Ann: 'yes, says Ann', Bob: 'yes, says Bob', Cid: 'yes, says Cid', chair: 'abstain' })
    expect(calls).toEqual(['ask Ann', 'ask Bob', 'ask Cid', 'count'])
  })
})
