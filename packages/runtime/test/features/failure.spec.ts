import { functionRunner, workerThreadRunner } from '@symphony/models'
import type { TaskContext, WorkflowSpec } from '@symphony/interface'
import { describe, expect, it } from 'vitest'
import { fail, failWith, leftBehind, settle, stage, temporaryFolder, until } from './stage.ts'

const endless = `data:text/javascript,${encodeURIComponent('export const load = () => ({ invoke: (input, { progress }) => { progress(0.5); for (;;); } })')}`

describe('what happens when something goes wrong', () => {
  it('D8 retry with constant, linear and exponential backoff', async () => {
    const { conductor, clock, pass } = await stage()
    const startMs = clock.monotonicMs()
    const tried = { constant: [] as number[], linear: [] as number[], exponential: [] as number[] }
    const tasks = (['constant', 'linear', 'exponential'] as const).map((backoff) => ({
      id: backoff,
      retry: { attempts: 4, backoff, delayMs: 100, delayMsMax: 350 },
      run: ({ attempt }: TaskContext) => {
        tried[backoff].push(clock.monotonicMs() - startMs)
        return attempt === 4 ? 'at last' : fail()
      },
    }))
    const handle = await conductor.orchestrate({ name: 'backoff', tasks })
    await settle()
    for (let step = 0; step < 20; step++) await pass(50)
    expect(tried).toEqual({ constant: [0, 100, 200, 300], linear: [0, 100, 300, 600], exponential: [0, 100, 300, 650] })
    expect((await handle.ended()).state).toBe('succeeded')
  })

  it('D8 only the failures a policy names are tried again, and a run has a budget of retries', async () => {
    const { conductor, pass } = await stage()
    let wrong = 0
    let flaky = 0
    const named = await conductor.orchestrate({ name: 'named', tasks: [{ id: 'a', retry: { attempts: 5, delayMs: 1, on: ['TIMEOUT'] }, run: () => (wrong++, fail()) }] })
    const budget = await conductor.orchestrate({ name: 'budget', retriesMax: 3, tasks: ['a', 'b'].map((id) => ({ id, retry: { attempts: 100, delayMs: 1, backoff: 'constant' as const }, run: () => (flaky++, fail()) })) })
    for (let step = 0; step < 10; step++) await pass(1)
    expect([(await named.ended()).state, wrong]).toEqual(['failed', 1])
    expect([(await budget.ended()).state, flaky]).toEqual(['failed', 2 + 3])
  })

  it('D8 a budget of retries is not new after a crash', async () => {
    const folder = temporaryFolder()
    const budgeted = (calls: string[]): WorkflowSpec => {
      const retry = { attempts: 100, delayMs: 10, backoff: 'constant' } as const
      return { name: 'budgeted', retriesMax: 3, tasks: ['a', 'b'].map((id) => ({ id, retry, run: () => (calls.push(id), fail()) })) }
    }
    const before: string[] = []
    const first = await stage({ folder })
    await first.conductor.orchestrate(budgeted(before), null, { id: 'r' })
    await first.pass(10)
    expect(before).toEqual(['a', 'b', 'a', 'b'])
    // Both have had one retry, and the third there is was promised to one of them.
    const copy = await leftBehind(first.symphony, folder)
    await first.symphony.close()
    const after: string[] = []
    const again = await stage({ folder: copy, workflows: [budgeted(after)] }, first.clock)
    for (let step = 0; step < 5; step++) await again.pass(10)
    expect((await again.conductor.handle('r').ended()).state).toBe('failed')
    expect(after).toHaveLength(1)
  })

  it('D9 another model, another function, a default: each counted as what it is', async () => {
    const models = [{ id: 'large', runner: functionRunner(() => failWith('overloaded')) }, { id: 'small', runner: functionRunner((text: string) => `${text}, briefly`) }]
    const { conductor, pass } = await stage({ models })
    const handle = await conductor.orchestrate({
      name: 'fallback',
      tasks: [
        { id: 'model', model: 'large', input: () => 'answer', fallback: { model: 'small', input: () => 'answer' } },
        { id: 'function', run: fail, fallback: { run: () => 'by hand' } },
        { id: 'default', run: fail, default: 'nothing found' },
      ],
    })
    await settle()
    await pass(1)
    expect(await handle.result()).toEqual({ model: 'answer, briefly', function: 'by hand', default: 'nothing found' })
    expect(handle.progress()).toMatchObject({ succeeded: 3, failed: 0, defaulted: 1 })
  })

  it('D9 a task goes on with its other way after a crash: what failed for good is not paid for again', async () => {
    const folder = temporaryFolder()
    const calls: string[] = []
    const asking = (isCut: boolean): WorkflowSpec => ({ name: 'asking', output: 'ask', tasks: [
      { id: 'ask', retry: { attempts: 2, delayMs: 0 }, run: () => (calls.push('large'), fail()), fallback: { run: () => (calls.push('small'), isCut ? new Promise(() => {}) : 'answer') } },
      { id: 'wait', retry: { attempts: 3, delayMs: 60_000 }, run: () => (calls.push('again'), fail()), fallback: { run: () => 'never' } },
    ] })
    const first = await stage({ folder })
    await first.conductor.orchestrate(asking(true), null, { id: 'r' })
    for (let step = 0; step < 4; step++) await first.pass(1)
    expect(calls.splice(0)).toEqual(['large', 'again', 'large', 'small'])
    const copy = await leftBehind(first.symphony, folder)
    for (const isKnown of [true, false]) {
      const next = await stage({ folder: isKnown ? copy : await leftBehind(first.symphony, folder), ...(isKnown ? { workflows: [asking(false)] } : {}) }, first.clock)
      if (!isKnown) next.dag.defineWorkflow(asking(false))
      for (let step = 0; step < 4; step++) await next.pass(1)
      expect(calls.splice(0)).toEqual(['small'])
      expect(next.dag.tasks('r').map(({ id, state, attempt }) => [id, state, attempt])).toEqual([['ask', 'succeeded', 3], ['wait', 'waiting', 1]])
    }
  })

  it('D9 an ended run goes on from the task that failed, and does nothing else again', async () => {
    const { conductor, dag } = await stage()
    const calls: string[] = []
    let isUp = false
    const handle = await conductor.orchestrate({ name: 'again', output: 'c', tasks: [
      { id: 'a', run: () => (calls.push('a'), 1) },
      { id: 'b', needs: ['a'], run: () => (calls.push('b'), isUp ? 2 : failWith('down')) },
      { id: 'c', needs: ['b'], run: ({ inputs }) => (calls.push('c'), inputs.get('b') as number) },
    ] })
    expect((await handle.ended()).state).toBe('failed')
    isUp = true
    expect(dag.retryFrom(handle.id, 'b')).toBe(2)
    expect(await conductor.handle(handle.id).result()).toBe(2)
    expect(calls).toEqual(['a', 'b', 'b', 'c'])
  })

  it('D10 what a failed run has done is undone, last first', async () => {
    const { conductor } = await stage()
    const done: string[] = []
    const book = (id: string, ...needs: string[]): WorkflowSpec['tasks'][number] => ({ id, needs, run: () => (done.push(`book ${id}`), `ticket for ${id}`), compensate: (ticket) => void done.push(`return ${String(ticket)}`) })
    const handle = await conductor.orchestrate({ name: 'journey', tasks: [book('train'), book('hotel', 'train'), { id: 'pay', needs: ['hotel'], run: fail }] })
    expect((await handle.ended()).state).toBe('failed')
    expect((await handle.compensation()?.ended())?.state).toBe('succeeded')
    expect(done).toEqual(['book train', 'book hotel', 'return ticket for hotel', 'return ticket for train'])
  })

  it('D10 undoing goes on where a crash has interrupted it', async () => {
    const folder = temporaryFolder()
    const done: string[] = []
    const journey = (isCut: boolean): WorkflowSpec => ({ name: 'journey', tasks: [
      { id: 'train', run: () => 1, compensate: () => (isCut ? new Promise(() => {}) : void done.push('train')) },
      { id: 'hotel', needs: ['train'], run: () => 2, compensate: () => void done.push('hotel') },
      { id: 'pay', needs: ['hotel'], run: fail },
    ] })
    const first = await stage({ folder })
    await (await first.conductor.orchestrate(journey(true), null, { id: 'r' })).ended()
    await until(() => (first.conductor.handle('r').compensation()?.progress().succeeded ?? 0) === 2)
    const again = await stage({ folder: await leftBehind(first.symphony, folder), workflows: [journey(false)] })
    expect((await again.conductor.handle('r').compensation()?.ended())?.state).toBe('succeeded')
    expect(done).toEqual(['hotel', 'train'])
  })

  it('D10 undoing happens once, whatever is forgotten, and waits for a workflow that is defined later', async () => {
    const folder = temporaryFolder()
    const done: string[] = []
    const journey = (version: string): WorkflowSpec => ({ name: 'journey', version, tasks: [
      { id: 'train', run: () => 1, compensate: () => void done.push(`train ${version}`) },
      { id: 'pay', needs: ['train'], run: fail },
    ] })
    const first = await stage({ folder })
    await (await first.conductor.orchestrate(journey('1'), null, { id: 'undone' })).ended()
    await first.conductor.handle('undone').compensation()?.ended()
    expect(first.dag.forgetRun('undone~undo')).toBe(true)
    const open = await first.conductor.orchestrate({ ...journey('2'), tasks: [...journey('2').tasks.slice(0, 1), { id: 'ask', needs: ['train'], waitFor: 'go' }] }, null, { id: 'open' })
    await settle()
    expect(open.progress()).toMatchObject({ succeeded: 1, waiting: 1 })
    const { conductor, dag } = await stage({ folder: await leftBehind(first.symphony, folder) })
    dag.cancelWorkflow('open')
    await settle()
    expect([done, dag.runs()]).toEqual([['train 1'], ['undone', 'open']])
    dag.defineWorkflow(journey('1'))
    dag.defineWorkflow({ ...journey('2'), tasks: [...journey('2').tasks.slice(0, 1), { id: 'ask', needs: ['train'], waitFor: 'go' }] })
    expect((await conductor.handle('open').compensation()?.ended())?.state).toBe('succeeded')
    expect([done, conductor.handle('undone').compensation()]).toEqual([['train 1', 'train 2'], undefined])
  })

  it('D11 an attempt, a silent attempt and a whole run are each given up after their time', async () => {
    const { conductor, pass } = await stage()
    const forever = (): Promise<never> => new Promise(() => {})
    const contexts: TaskContext[] = []
    const attempt = await conductor.orchestrate({ name: 'attempt', tasks: [{ id: 'a', timeoutMs: 100, run: forever }] })
    const silent = await conductor.orchestrate({ name: 'silent', tasks: [{ id: 'a', idleTimeoutMs: 100, run: (context) => (contexts.push(context), forever()) }] })
    const whole = await conductor.orchestrate({ name: 'whole', timeoutMs: 250, tasks: [{ id: 'a', timeoutMs: 10_000, run: forever }] })
    await settle()
    await pass(99)
    contexts[0]?.progress(0.5)
    expect([attempt, silent, whole].map((handle) => handle.state().state)).toEqual(['running', 'running', 'running'])
    await pass(1)
    expect([attempt, silent, whole].map((handle) => handle.state().state)).toEqual(['failed', 'running', 'running'])
    await pass(100)
    expect(silent.state().failures[0]?.error.code).toBe('TIMEOUT')
    await pass(50)
    expect(whole.state()).toMatchObject({ state: 'cancelled', reason: expect.stringContaining('250 ms') })
  })

  it('D19 cancelling reaches the task that runs: a signal for who listens, the end of its thread for who does not', async () => {
    const { conductor, symphony, dag } = await stage({ models: [{ id: 'endless', runner: workerThreadRunner({ module: endless, graceMs: 0 }) }] })
    let heard: unknown
    const handle = await conductor.orchestrate({ name: 'stop', tasks: [
      { id: 'listens', run: ({ signal }) => new Promise((resolve) => signal.addEventListener('abort', () => resolve((heard = signal.aborted)))) },
      { id: 'never listens', model: 'endless' },
      { id: 'after', needs: ['listens'], run: fail },
    ] })
    await until(() => dag.progress(handle.id).running === 2 && symphony.pool.inspect('endless').slotsUsed === 1)
    expect(handle.cancel('enough')).toBe(true)
    expect(heard).toBe(true)
    await until(() => symphony.pool.inspect('endless').slotsUsed === 0)
    expect(await handle.ended()).toMatchObject({ state: 'cancelled', reason: 'enough' })
    expect(handle.progress()).toMatchObject({ running: 0, cancelled: 3 })
  })

  it('pain 8: a cancelled run stays cancelled, its slot serves the next, and nothing it still says counts', async () => {
    const { conductor, dag } = await stage({ inlineSlots: 1 })
    const late = Promise.withResolvers<string>()
    const deadlines: unknown[] = []
    const stopped = await conductor.orchestrate({ name: 'stopped', tasks: [{ id: 'a', timeoutMs: 5000, run: ({ deadlineMs }) => (deadlines.push(deadlineMs), late.promise) }] })
    await settle()
    stopped.cancel()
    expect(dag.resumeWorkflow(stopped.id)).toBe(false)
    late.resolve('too late')
    const next = await conductor.orchestrate({ name: 'next', output: 'b', tasks: [{ id: 'b', run: () => 'served' }] })
    expect(await next.result()).toBe('served')
    expect(stopped.state()).toMatchObject({ state: 'cancelled', outputs: {} })
    expect(deadlines).toEqual([expect.any(Number)])
  })

  it('pain 15: a late attempt is refused, a task is committed once, and who holds the thread is named', async () => {
    const { conductor, clock, dag, pass } = await stage()
    const first = Promise.withResolvers<string>()
    const handle = await conductor.orchestrate({ name: 'slow', output: 'a', tasks: [{ id: 'a', timeoutMs: 100, retry: { attempts: 2, delayMs: 10 }, run: ({ attempt }) => (attempt === 1 ? first.promise : 'second') }] })
    await settle()
    await pass(100)
    await pass(10)
    first.resolve('first, too late')
    await settle()
    expect(await handle.result()).toBe('second')
    expect(dag.tasks(handle.id)).toMatchObject([{ state: 'succeeded', attempt: 2 }])
    await (await conductor.orchestrate({ name: 'heavy', tasks: [{ id: 'crunch', run: () => clock.advance(60_000) }] }, null, { id: 'busy' })).ended()
    expect(conductor.metrics().blocked).toMatchObject([{ runId: 'busy', task: 'crunch', tookMs: 60_000 }])
  })

  it('pain 24: partial failure is an outcome, never data', async () => {
    const { conductor } = await stage()
    const half = (failures: 'raise' | 'drop' | 'keep'): WorkflowSpec => ({
      name: `half ${failures}`,
      output: 'look',
      tasks: [
        { id: 'all', map: { over: () => [1, 2, 3], failures, run: ({ item }) => (item === 2 ? failWith('page is torn') : item) } },
        { id: 'look', needs: [{ task: 'all', kind: 'soft' }], run: ({ inputs }) => ({ outcome: inputs.outcome('all'), value: (inputs.get('all') as number[] | undefined) ?? null, entries: [...inputs.entries()].length }) },
      ],
    })
    expect(await (await conductor.orchestrate(half('drop'))).result()).toEqual({ outcome: 'succeeded', value: [1, 3], entries: 1 })
    expect(await (await conductor.orchestrate(half('keep'))).result()).toEqual({ outcome: 'succeeded', value: [1, null, 3], entries: 1 })
    const raised = await conductor.orchestrate(half('raise'))
    expect((await raised.ended()).failures).toMatchObject([{ task: 'all[1]', error: { message: expect.stringContaining('page is torn') } }])
    const told = await conductor.orchestrate({ name: 'told', output: 'look', tasks: [
      { id: 'bad', run: () => failWith('the service is down') },
      { id: 'look', needs: [{ task: 'bad', kind: 'soft' }], run: ({ inputs }) => ({ outcome: inputs.outcome('bad'), value: inputs.get('bad') ?? 'no value', why: inputs.error('bad')?.message ?? '' }) as never },
    ] })
    expect(await told.result()).toEqual({ outcome: 'failed', value: 'no value', why: expect.stringContaining('the service is down') })
  })
})
