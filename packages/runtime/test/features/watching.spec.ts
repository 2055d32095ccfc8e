import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { createDagTracker } from '@symphony/dag'
import type { DagPorts } from '@symphony/dag'
import type { CommandLog, StreamEvent, Transition, WorkflowSpec } from '@symphony/interface'
import { traceRuns } from '@symphony/runtime'
import { describe, expect, it } from 'vitest'
import { collected, fail, failWith, settle, stage, temporaryFolder } from './stage.ts'

const fromSource = (file: string, ...args: readonly string[]): string =>
  execFileSync(process.execPath, ['--conditions=@symphony/source', fileURLToPath(new URL(`../../../../${file}`, import.meta.url)), ...args], { encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } })

describe('what can be seen of a run', () => {
  it('D6 critical path, slack and estimated finish, while it runs', async () => {
    const { conductor, dag } = await stage()
    const gate = Promise.withResolvers<void>()
    const handle = await conductor.orchestrate({ name: 'path', tasks: [
      { id: 'start', expectedMs: 10, run: () => gate.promise },
      { id: 'short', needs: ['start'], expectedMs: 20, run: () => 1 },
      { id: 'long', needs: ['start'], expectedMs: 500, run: () => new Promise(() => {}) },
      { id: 'end', needs: ['short', 'long'], expectedMs: 30, run: () => 1 },
    ] })
    expect(dag.criticalPath(handle.id)).toEqual({ tasks: ['start', 'long', 'end'], lengthMs: 540 })
    expect(dag.slack(handle.id)).toEqual([
      { task: 'start', earliestMs: 0, slackMs: 0 },
      { task: 'long', earliestMs: 10, slackMs: 0 },
      { task: 'end', earliestMs: 510, slackMs: 0 },
      { task: 'short', earliestMs: 10, slackMs: 480 },
    ])
    gate.resolve()
    await settle()
    expect(dag.criticalPath(handle.id)).toEqual({ tasks: ['long', 'end'], lengthMs: 530 })
    expect(handle.progress()).toMatchObject({ total: 4, succeeded: 2, running: 1, remainingMs: 530 })
  })

  it('D24 durations are learned from the runs before', async () => {
    const { conductor, clock } = await stage()
    const timed = (isOpen = false): WorkflowSpec => ({ name: 'timed', tasks: [{ id: 'gate', run: () => (isOpen ? new Promise(() => {}) : 1) }, { id: 'crunch', needs: ['gate'], run: () => clock.advance(4000) }] })
    for (let run = 0; run < 20; run++) await (await conductor.orchestrate(timed())).ended()
    const handle = await conductor.orchestrate(timed(true))
    await settle()
    expect(handle.progress().remainingMs).toBeGreaterThan(3000)
    expect(handle.progress().remainingMs).toBeLessThan(5000)
  })

  it('D21 tasks tell pieces of their result while they run, and every step can be watched', async () => {
    const { conductor } = await stage()
    const gate = Promise.withResolvers<void>()
    const handle = await conductor.orchestrate({ name: 'tokens', tasks: [{ id: 'write', run: async ({ emit }) => {
      for (const token of ['the', ' whole', ' text']) emit(token)
      await gate.promise
      return 'the whole text'
    } }] })
    const steps = collected(handle.watch())
    const tokens: unknown[] = []
    for await (const event of handle.stream()) {
      if (event.type === 'chunk') tokens.push(event.value)
      // It is still running: the pieces came before its result.
      if (tokens.length === 3) expect(handle.state().state).toBe('running')
      if (tokens.length === 3) gate.resolve()
    }
    expect(tokens).toEqual(['the', ' whole', ' text'])
    expect(await handle.result()).toEqual({ write: 'the whole text' })
    expect((await steps).map((step) => (step.type === 'task' ? `${step.task} ${step.to}` : step.type === 'run' ? `run ${step.state}` : step.type)).slice(-2)).toEqual(['write succeeded', 'run succeeded'])
  })

  it('D27 the cost of a step is measured with every benchmark run', () => {
    const listed = fromSource('tooling/bench/src/main.ts', '--list')
    for (const row of ['W1 chain of 100, in memory: tasks', 'W1 chain of 100, journaled: tasks', 'complete a task with 3 dependents, after 1 k', 'complete a task with 3 dependents, after 100 k']) expect(listed).toContain(row)
  })

  it('D32 `symphony inspect` shows a run of a state folder, beside the process that has it open', async () => {
    const folder = temporaryFolder()
    const { conductor } = await stage({ folder })
    const handle = await conductor.orchestrate({ name: 'looked-at', tasks: [{ id: 'scan', run: () => 1 }, { id: 'read', needs: ['scan'], run: () => failWith('ink is dry') }] }, null, { id: 'r1' })
    await handle.ended()
    const cli = 'apps/host/test/children/cli.ts'
    expect(fromSource(cli, 'runs', '--state', folder)).toMatch(/r1\s+looked-at\s+1\s+failed/)
    const told = JSON.parse(fromSource(cli, 'inspect', 'r1', '--state', folder, '--json')) as { tasks: { id: string; state: string }[]; failures: { error: { message: string } }[] }
    expect(told.tasks.map(({ id, state }) => [id, state])).toEqual([['scan', 'succeeded'], ['read', 'failed']])
    expect(told.failures[0]?.error.message).toContain('ink is dry')
  })

  it('D33 every run is an OpenTelemetry trace, to whomever its user sends it', async () => {
    const { symphony, conductor, pass } = await stage()
    const exporter = new InMemorySpanExporter()
    traceRuns(symphony, new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }).getTracer('test'))
    const handle = await conductor.orchestrate({ name: 'traced', tasks: [{ id: 'flaky', retry: { attempts: 2, delayMs: 10 }, run: ({ attempt }) => (attempt === 1 ? fail() : 'done') }] }, null, { id: 'r1' })
    await settle()
    await pass(10)
    await handle.ended()
    const [task, run] = ['task flaky', 'run traced'].map((name) => exporter.getFinishedSpans().find((span) => span.name === name))
    expect(run?.attributes).toMatchObject({ 'symphony.run.id': 'r1', 'symphony.run.state': 'succeeded' })
    expect(task?.parentSpanContext?.spanId).toBe(run?.spanContext().spanId)
    expect(task?.events.map(({ name }) => name)).toEqual(['attempt', 'attempt failed', 'attempt'])
  })

  it('D34 runs are found by workflow, state, tenant and attributes of their own', async () => {
    const { conductor, dag } = await stage()
    const spec: WorkflowSpec = { name: 'order', tasks: [{ id: 'a', run: ({ runInput }) => (runInput === 'bad' ? fail() : 1) }] }
    for (const [id, customer] of [['o1', 'ann'], ['o2', 'bob'], ['o3', 'ann']] as const) await (await conductor.orchestrate(spec, id === 'o3' ? 'bad' : 'good', { id, tenant: 'shop', attributes: { customer, urgent: id === 'o1', cost: Number(id[1]) * 10 } })).ended()
    const found = (query: Parameters<typeof dag.findRuns>[0]): readonly string[] => dag.findRuns(query).runs.map(({ id }) => id)
    expect(found({ attributes: { customer: 'ann' } })).toEqual(['o3', 'o1'])
    expect(found({ attributes: { customer: 'ann', urgent: true } })).toEqual(['o1'])
    expect(found({ attributes: { cost: { gte: 20, lt: 30 } } })).toEqual(['o2'])
    expect(found({ attributes: { customer: { prefix: 'b' }, cost: { in: [10, 20] } } })).toEqual(['o2'])
    expect(found({ workflow: 'order', state: 'failed', tenant: 'shop' })).toEqual(['o3'])
    const page = dag.findRuns({ limit: 2 })
    expect(page.runs.map(({ id }) => id)).toEqual(['o3', 'o2'])
    expect(found({ limit: 2, after: page.next as string })).toEqual(['o1'])
  })

  it('pain 4: the last step of a long run writes as much as the first', async () => {
    let bytes = 0
    const counted = (log: CommandLog): CommandLog => ({
      append: (component, type, body) => ((bytes += body.length), log.append(component, type, body)),
      transact: (change) => log.transact(change),
      durable: (lsn) => log.durable(lsn),
      syncBefore: (file, write) => log.syncBefore(file, write),
      get lastLsn() { return log.lastLsn },
      get durableLsn() { return log.durableLsn },
    })
    const { conductor } = await stage({ folder: temporaryFolder(), dag: ({ log, ...ports }) => createDagTracker({}, { ...ports, log: counted(log as CommandLog) }) })
    const written: number[] = []
    const id = (at: number): string => `step ${String(at).padStart(4, '0')}`
    const chain = Array.from({ length: 3000 }, (_, at) => ({ id: id(at), needs: at === 0 ? [] : [id(at - 1)], run: async () => void written.push(bytes) }))
    expect((await (await conductor.orchestrate({ name: 'chain', tasks: chain })).ended()).state).toBe('succeeded')
    const between = (from: number, to: number): number => ((written[to] as number) - (written[from] as number)) / (to - from)
    expect(between(10, 110)).toBeGreaterThan(0)
    expect(between(2890, 2990) / between(10, 110)).toBeLessThan(1.1)
  })

  it('pain 14: state has a size: five thousand runs pass through a tracker that holds sixty-four', async () => {
    const { conductor, dag } = await stage({ dag: (ports) => createDagTracker({ tasksMax: 256, edgesMax: 256, runsMax: 64, keepEndedRuns: 24 }, ports as DagPorts) })
    const spec: WorkflowSpec = { name: 'small', output: 'b', tasks: [{ id: 'a', run: () => 1 }, { id: 'b', needs: ['a'], run: ({ runInput }) => runInput }] }
    const bytes = (dag as unknown as { buffer: SharedArrayBuffer }).buffer.byteLength
    for (let round = 0; round < 250; round++) {
      const handles = await Promise.all(Array.from({ length: 20 }, (_, number) => conductor.orchestrate(spec, number)))
      for (const [number, handle] of handles.entries()) expect(await handle.result()).toBe(number)
    }
    expect(dag.runs().length).toBeLessThanOrEqual(64)
    expect((dag as unknown as { buffer: SharedArrayBuffer }).buffer.byteLength).toBe(bytes)
  })

  it('pain 16: a reader comes back where it was and has lost nothing; a slow one holds up nobody, and is told', async () => {
    const { conductor } = await stage()
    const gate = Promise.withResolvers<void>()
    const handle = await conductor.orchestrate({ name: 'talk', tasks: [{ id: 'talk', run: async ({ emit }) => {
      for (let at = 1; at <= 3; at++) emit(at)
      await gate.promise
      for (let at = 4; at <= 20_000; at++) emit(at)
    } }] })
    const steps = handle.watch()[Symbol.asyncIterator]()
    await settle()
    const before: StreamEvent[] = []
    for await (const event of handle.stream()) if (before.push(event) === 2) break
    gate.resolve()
    // The task ends although nobody has read on.
    expect((await handle.ended()).state).toBe('succeeded')
    const after = await collected(handle.stream({ fromSequence: 2 }))
    const told = after.map((event) => (event.type === 'lost' ? event.events : 1))
    expect([before.length + told.reduce((sum, events) => sum + events, 0), after[0]?.type]).toEqual([20_000, 'lost'])
    const last = after.at(-1)
    expect(last?.type === 'chunk' ? last.value : undefined).toBe(20_000)
    const seen: Transition[] = []
    for (let step = await steps.next(); step.done !== true; step = await steps.next()) seen.push(step.value)
    expect(seen.at(-1)).toMatchObject({ type: 'run', state: 'succeeded' })
  })
})
