import { createHash } from 'node:crypto'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { createDagTracker } from '@symphony/dag'
import type { DagPorts } from '@symphony/dag'
import type { ArtifactRef, TaskSpec, WorkflowSpec } from '@symphony/interface'
import { readState } from '@symphony/runtime'
import { describe, expect, it } from 'vitest'
import { fail, leftBehind, settle, stage, temporaryFolder } from './stage.ts'

/** Three steps, each of which tells that it ran. */
function steps(calls: string[], version = '1'): WorkflowSpec {
  const step = (id: string, ...needs: string[]): WorkflowSpec['tasks'][number] => ({ id, needs, run: async ({ inputs }) => (calls.push(id), `${needs.map((need) => String(inputs.get(need))).join('')}${id}`) })
  return { name: 'steps', version, output: 'c', tasks: [step('a'), step('b', 'a'), step('c', 'b')] }
}

const bytesIn = (folder: string): number => readdirSync(folder, { recursive: true }).reduce((sum, name) => sum + statSync(join(folder, String(name))).size, 0)

describe('what outlives a run, a crash and a new version', () => {
  it('D12 every step is on the disk before its result is told', async () => {
    const folder = temporaryFolder()
    const { conductor, symphony } = await stage({ folder })
    await (await conductor.orchestrate(steps([]), null, { id: 'r' })).result()
    // No flush: what the result rests on has to be there already, beside a process that goes on.
    const { dag } = await readState(folder)
    expect(dag.tasks('r').map(({ id, state, output }) => [id, state, output])).toEqual(symphony.dag.tasks('r').map(({ id, output }) => [id, 'succeeded', output]))
  })

  it('D13 after a crash at any step the run goes on by itself, in a single process', async () => {
    const gates = ['a', 'b', 'c'].map(() => Promise.withResolvers<void>())
    const guarded = (calls: string[], isWaiting: boolean): WorkflowSpec => {
      const spec = steps(calls)
      return { ...spec, tasks: spec.tasks.map((task, at) => ({ ...task, run: async (context) => (isWaiting && (await gates[at]?.promise), task.run?.(context)) })) }
    }
    const folder = temporaryFolder()
    const first = await stage({ folder })
    const handle = await first.conductor.orchestrate(guarded([], true), null, { id: 'r' })
    for (let done = 0; done < 3; done++) {
      const calls: string[] = []
      const copy = await leftBehind(first.symphony, folder)
      const again = await stage({ folder: copy, workflows: [guarded(calls, false)] })
      expect(again.symphony.recovery.runsResumed).toBe(1)
      expect(await again.conductor.handle('r').result()).toBe('abc')
      expect(calls).toEqual(['a', 'b', 'c'].slice(done))
      gates[done]?.resolve()
      while (handle.progress().succeeded === done) await settle()
    }
  })

  it('D14 back to a step, or on from a step in a run of its own', async () => {
    const { conductor, dag } = await stage()
    const calls: string[] = []
    const handle = await conductor.orchestrate(steps(calls), null, { id: 'r' })
    await handle.result()
    const fork = dag.forkRun('r', { from: 'c', id: 'fork' })
    expect(await conductor.handle(fork).result()).toBe('abc')
    expect(calls).toEqual(['a', 'b', 'c', 'c'])
    expect(dag.progress('fork').recalled).toBe(2)
    expect(dag.rollback('r', { toTask: 'a' })).toBe(2)
    expect(await conductor.handle('r').result()).toBe('abc')
    expect(calls).toEqual(['a', 'b', 'c', 'c', 'b', 'c'])
  })

  it('D14 a list is done again from the task that reads it', async () => {
    const { conductor, dag } = await stage()
    const seen: unknown[] = []
    const handle = await conductor.orchestrate({ name: 'list', output: 'all', tasks: [{ id: 'all', map: { over: () => [1, 2], run: ({ item }) => (seen.push(item), item) } }] }, null, { id: 'r' })
    await handle.result()
    // The id of the task stands for all elements; each can be named by itself.
    expect(await conductor.handle(dag.forkRun('r', { from: 'all' })).result()).toEqual([1, 2])
    expect(seen.splice(0)).toEqual([1, 2, 1, 2])
    expect(await conductor.handle(dag.forkRun('r', { from: 'all[1]' })).result()).toEqual([1, 2])
    expect(seen.splice(0)).toEqual([2])
    expect(dag.retryFrom('r', 'all')).toBe(2)
    expect(await handle.result()).toEqual([1, 2])
    expect(seen).toEqual([1, 2])
  })

  it('D14 what a step left is edited, and a run of its own goes on from there', async () => {
    const folder = temporaryFolder()
    const calls: string[] = []
    const first = await stage({ folder, workflows: [steps([])] })
    await (await first.conductor.orchestrate('steps', null, { id: 'r' })).result()
    const { conductor } = await stage({ folder: await leftBehind(first.symphony, folder), workflows: [steps(calls)] })
    expect(await conductor.handle('r').fork({ outputs: { b: 'edited ' }, id: 'edited' }).result()).toBe('edited c')
    expect([calls, await conductor.handle('r').result()]).toEqual([['c'], 'abc'])
  })

  it('D15 functions may ask for the time and for chance: they are never called again to find out what they said', async () => {
    const folder = temporaryFolder()
    const random: WorkflowSpec = { name: 'random', output: 'second', tasks: [{ id: 'first', run: () => [Math.random(), performance.now()] }, { id: 'wait', needs: ['first'], waitFor: 'go' }, { id: 'second', needs: ['first', 'wait'], run: ({ inputs }) => inputs.get('first') }] }
    const first = await stage({ folder })
    const handle = await first.conductor.orchestrate(random, null, { id: 'r' })
    while (handle.progress().waiting === 0) await settle()
    const said = first.symphony.artifacts.getJson(first.dag.tasks('r')[0]?.output as ArtifactRef)
    const again = await stage({ folder: await leftBehind(first.symphony, folder), workflows: [random] })
    again.dag.signalWorkflow('r', 'go')
    expect(await again.conductor.handle('r').result()).toEqual(said)
  })

  it('D16 a run keeps the version it was started with; a new one is planned, and moved to', async () => {
    const { conductor, dag } = await stage()
    const order = (version: string, ...more: WorkflowSpec['tasks'][number][]): WorkflowSpec => ({ name: 'order', version, output: 'ship', tasks: [
      { id: 'check', run: () => 'checked' }, { id: 'approve', needs: ['check'], waitFor: 'approved' }, ...more, { id: 'ship', needs: ['approve', ...more.map(({ id }) => id)], run: () => `shipped by ${version}` },
    ] })
    for (const id of ['stays', 'moves']) await conductor.orchestrate(order('1'), null, { id })
    await settle()
    const next = order('2', { id: 'insure', needs: ['approve'], run: () => 'insured' })
    const plan = dag.planUpgrade(next)
    expect(plan.runs.map(({ id, kept, added, changed, canMove }) => [id, [...kept].sort(), added, changed.map(({ task }) => task), canMove])).toEqual(
      expect.arrayContaining(['stays', 'moves'].map((id) => [id, ['approve', 'check'], ['insure'], ['ship'], true])),
    )
    dag.migrateRun('moves', next)
    for (const id of ['stays', 'moves']) dag.signalWorkflow(id, 'approved')
    expect(await Promise.all(['stays', 'moves'].map((id) => conductor.handle(id).result()))).toEqual(['shipped by 1', 'shipped by 2'])
  })

  it('D23 results are reused across runs; one change does the tasks again that depend on it, and no other', async () => {
    const { conductor } = await stage()
    const calls: string[] = []
    const build = (lint = '1'): WorkflowSpec => ({ name: 'build', output: 'pack', tasks: [
      { id: 'parse', cache: true, run: ({ runInput }) => (calls.push('parse'), runInput) },
      { id: 'lint', needs: ['parse'], cache: true, version: lint, run: () => (calls.push('lint'), `clean by ${lint}`) },
      { id: 'compile', needs: ['parse'], cache: true, run: () => (calls.push('compile'), 'code') },
      { id: 'pack', needs: ['lint', 'compile'], cache: true, run: () => (calls.push('pack'), 'packed') },
    ], version: lint })
    await (await conductor.orchestrate(build(), 'source')).result()
    const again = await conductor.orchestrate(build(), 'source')
    await again.result()
    expect([calls.splice(0).sort(), again.progress().recalled]).toEqual([['compile', 'lint', 'pack', 'parse'], 4])
    await (await conductor.orchestrate(build('2'), 'source')).result()
    expect(calls.splice(0)).toEqual(['lint', 'pack'])
    await (await conductor.orchestrate(build('2'), 'other source')).result()
    expect(calls.sort()).toEqual(['compile', 'lint', 'pack', 'parse'])
  })

  it('D26 no ceiling on what a task leaves: it goes on by reference', async () => {
    const { conductor, symphony } = await stage({ folder: temporaryFolder(), cacheBytesMax: 1 << 20 })
    const large = new Uint8Array(48 << 20).fill(7)
    const handle = await conductor.orchestrate({ name: 'large', output: 'look', tasks: [
      { id: 'make', run: () => large },
      { id: 'look', needs: ['make'], run: ({ inputs, read }) => createHash('sha256').update(read(inputs.ref('make') as ArtifactRef)).digest('hex') },
    ] })
    expect(await handle.result()).toBe(createHash('sha256').update(large).digest('hex'))
    expect(symphony.artifacts.head((await handle.outputs())['look'] as ArtifactRef)?.sizeBytes).toBeLessThan(100)
    // The log has the address, not the content.
    expect(symphony.journal?.metrics().bytes).toBeLessThan(10_000)
  })

  it('D26 no ceiling on what a run is told: inputs, signals, params and defaults of any size, over a restart', async () => {
    const large = (letter: string): string => letter.repeat(3 << 20)
    const length = (value: unknown): number => String(value).length
    const child: WorkflowSpec = { name: 'child', output: 'a', tasks: [{ id: 'a', run: ({ runInput }) => length(runInput) }] }
    const parent: WorkflowSpec = { name: 'parent', output: 'all', types: [{ name: 'param', run: ({ params }) => length(params) }], tasks: [
      { id: 'hold', waitFor: 'go' },
      { id: 'input', needs: ['hold'], run: ({ runInput }) => length(runInput) },
      { id: 'signal', needs: ['hold'], run: ({ inputs }) => length(inputs.get('hold')) },
      { id: 'child', needs: ['hold'], workflow: 'child', input: ({ runInput }) => `${runInput as string}${runInput as string}` },
      { id: 'later child', needs: ['hold'], workflow: 'child', input: ({ runInput }) => Promise.resolve(runInput) },
      { id: 'add', needs: ['hold'], run: ({ expand }) => expand({ tasks: [{ id: 'added', type: 'param', params: large('p'), feeds: ['all'] }] }) },
      { id: 'default', needs: ['hold'], run: fail, default: large('d') },
      { id: 'all', needs: ['input', 'signal', 'child', 'later child', 'add', 'default'], run: ({ inputs }) => Object.fromEntries([...inputs.entries()].map(([id, value]) => [id, typeof value === 'string' ? value.length : (value as number)])) },
    ] }
    const folder = temporaryFolder()
    const workflows = [child, parent]
    const first = await stage({ folder, workflows })
    await first.conductor.orchestrate('parent', large('i'), { id: 'r' })
    const { conductor } = await stage({ folder: await leftBehind(first.symphony, folder), workflows })
    const handle = conductor.handle('r')
    handle.signal('go', large('s'))
    const each = 3 << 20
    expect(await handle.result()).toEqual({ input: each, signal: each, child: 2 * each, 'later child': each, added: each, default: each })
  })

  it('D31 an old history is replayed in a test, and gives the same states', async () => {
    const folder = temporaryFolder()
    const { conductor, dag } = await stage({ folder })
    await (await conductor.orchestrate(steps([]), null, { id: 'good' })).result()
    await (await conductor.orchestrate({ name: 'bad', tasks: [{ id: 'a', run: fail }, { id: 'b', needs: ['a'], run: () => 1 }] }, null, { id: 'bad' })).ended()
    const replayed = await readState(folder)
    for (const id of ['good', 'bad']) {
      expect(replayed.dag.tasks(id)).toEqual(dag.tasks(id).map((task) => ({ ...task, startedAtMs: expect.any(Number) })))
      expect(replayed.dag.getWorkflowState(id).state).toBe(dag.getWorkflowState(id).state)
    }
  })

  it('pain 1: a thousand steps that hand on the same content store it once', async () => {
    const folder = temporaryFolder()
    const { conductor, symphony } = await stage({ folder })
    const content = 'x'.repeat(1 << 18)
    const before = bytesIn(join(folder, 'artifacts'))
    const chain = Array.from({ length: 1000 }, (_, at) => ({ id: `step ${at}`, needs: at === 0 ? [] : [`step ${at - 1}`], run: () => content }))
    await (await conductor.orchestrate({ name: 'same', output: 'step 999', tasks: chain })).result()
    expect(symphony.artifacts.metrics().storedBytes).toBeLessThan(content.length + 100)
    expect(bytesIn(join(folder, 'artifacts')) - before).toBeLessThan(4 * content.length)
    expect(symphony.journal?.metrics().bytes).toBeLessThan(1000 * 1024)
  })

  it('pain 2: a run of 20,000 steps that each add the next', async () => {
    const { conductor } = await stage()
    const steps = 20_000
    const next = (params: number, expand: (expansion: { tasks: { id: string; type: string; params: number }[] }) => void): void => void (params < steps && expand({ tasks: [{ id: `step ${params}`, type: 'step', params: params + 1 }] }))
    const handle = await conductor.orchestrate({ name: 'long', types: [{ name: 'step', run: ({ params, expand }) => next(params as number, expand) }], tasks: [{ id: 'first', type: 'step', params: 1 }] })
    expect(await handle.ended()).toMatchObject({ state: 'succeeded', progress: { total: steps, succeeded: steps } })
  })

  it('pain 3: ended runs are forgotten by themselves, and what is kept does not grow', async () => {
    const folder = temporaryFolder()
    const { conductor, dag, clock } = await stage({ folder, durability: 'none', checkpointBytes: 32 << 10, dag: (ports) => createDagTracker({ keepEndedRuns: 20 }, ports as DagPorts) })
    const day = 24 * 3_600_000
    // Of the newest checkpoint: what opening has to read, and what the log before it may be dropped for.
    const sizes: number[] = []
    for (let passed = 0; passed < 30; passed++) {
      for (let run = 0; run < 20; run++) await (await conductor.orchestrate(steps([]), { passed })).ended()
      clock.advance(day)
      await settle()
      const checkpoints = readdirSync(join(folder, 'journal')).filter((name) => name.endsWith('.ckpt')).sort()
      sizes.push(...checkpoints.slice(-1).map((name) => statSync(join(folder, 'journal', name)).size))
    }
    expect(dag.runs().length).toBeLessThanOrEqual(20)
    expect(sizes.length).toBeGreaterThan(10)
    expect(Math.max(...sizes)).toBeLessThan(1.5 * (sizes[0] as number))
  })

  it('pain 3: what is kept of ended runs has a weight it does not exceed, and a handle answers all the same', async () => {
    const { conductor, dag } = await stage({ dag: (ports) => createDagTracker({ keepEndedBytes: 10 << 20 }, ports as DagPorts) })
    const handles = []
    for (let run = 0; run < 5; run++) handles.push(await conductor.orchestrate(steps([]), 'x'.repeat(4 << 20), { id: `r${run}` }))
    await settle()
    expect(dag.runs()).toEqual(['r3', 'r4'])
    expect(await Promise.all(handles.map((handle) => handle.result()))).toEqual(Array.from({ length: 5 }, () => 'abc'))
  })

  it('pain 5: opening recovers: a run goes on, has ended, or is quarantined with the reason', async () => {
    const folder = temporaryFolder()
    const first = await stage({ folder })
    const wait = (name: string): WorkflowSpec => ({ name, output: 'b', tasks: [{ id: 'a', waitFor: 'go' }, { id: 'b', needs: ['a'], run: () => name }] })
    for (const name of ['known', 'unknown']) await first.conductor.orchestrate(wait(name), null, { id: name })
    await (await first.conductor.orchestrate(steps([]), null, { id: 'ended' })).result()
    const again = await stage({ folder: await leftBehind(first.symphony, folder), workflows: [wait('known')] })
    expect(again.symphony.recovery).toMatchObject({ runsResumed: 1, runsQuarantined: 1 })
    expect(again.dag.getWorkflowState('ended').state).toBe('succeeded')
    expect(again.dag.getWorkflowState('unknown')).toMatchObject({ state: 'quarantined', reason: expect.stringContaining('unknown') })
    again.dag.defineWorkflow(wait('unknown'))
    for (const name of ['known', 'unknown']) again.dag.signalWorkflow(name, 'go')
    expect(await Promise.all(['known', 'unknown'].map((id) => again.conductor.handle(id).result()))).toEqual(['known', 'unknown'])
  })

  it('pain 6: a deploy renames, inserts and removes tasks under a waiting run, and the plan says what that does', async () => {
    const folder = temporaryFolder()
    const version = (number: string, ...ids: string[]): WorkflowSpec => ({ name: 'deploy', version: number, tasks: [{ id: 'gate', waitFor: 'go' }, ...ids.map((id) => ({ id, needs: ['gate'], run: () => `${id} of ${number}` }))] })
    const first = await stage({ folder })
    await first.conductor.orchestrate(version('1', 'keep', 'old name', 'gone'), null, { id: 'r' })
    await settle()
    const again = await stage({ folder: await leftBehind(first.symphony, folder), workflows: [version('2', 'keep', 'new name', 'inserted')] })
    expect(again.dag.getWorkflowState('r')).toMatchObject({ state: 'quarantined', version: '1' })
    const [plan] = again.dag.planUpgrade('deploy').runs
    expect([plan?.kept, plan?.added, plan?.removed].map((ids) => [...(ids ?? [])].sort())).toEqual([['gate', 'keep'], ['inserted', 'new name'], ['gone', 'old name']])
    again.dag.migrateRun('r', 'deploy')
    again.dag.signalWorkflow('r', 'go')
    expect(await again.conductor.handle('r').result()).toEqual({ keep: 'keep of 2', 'new name': 'new name of 2', inserted: 'inserted of 2' })
  })

  it('pain 7: nothing is matched by order: tasks are written in another order, and the run goes on where it was', async () => {
    const folder = temporaryFolder()
    const calls: string[] = []
    const shuffled = (reverse: boolean): WorkflowSpec => {
      const all: readonly TaskSpec[] = [
        ...['x', 'y', 'z'].map((id) => ({ id, run: () => (calls.push(id), id) })),
        { id: 'gate', needs: ['x', 'y', 'z'], waitFor: 'go' },
        { id: 'end', needs: ['x', 'y', 'z', 'gate'], run: ({ inputs }) => Object.fromEntries(inputs.entries()) },
      ]
      return { name: 'order', version: reverse ? '2' : '1', output: 'end', tasks: reverse ? all.toReversed() : all }
    }
    const first = await stage({ folder })
    const handle = await first.conductor.orchestrate(shuffled(false), null, { id: 'r' })
    while (handle.progress().waiting === 0) await settle()
    const again = await stage({ folder: await leftBehind(first.symphony, folder), workflows: [shuffled(true)] })
    expect(again.dag.migrateRun('r', 'order').changed).toEqual([])
    again.dag.signalWorkflow('r', 'go')
    expect(await again.conductor.handle('r').result()).toMatchObject({ x: 'x', y: 'y', z: 'z' })
    expect(calls).toEqual(['x', 'y', 'z'])
  })
})
