import { createHash } from 'node:crypto'
import { closeSync, cpSync, mkdtempSync, openSync, readdirSync, readFileSync, readSync, rmSync, statSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createDagTracker } from '@symphony/dag'
import type { DagTracker, Runtime, TaskRow, WorkflowSpec } from '@symphony/interface'
import { inspectJournal } from '@symphony/journal'
import { createRuntime, examineState, forkStoredRun, planStateSalvage, readLogEntries, readMachine, rehearseRecovery, salvageState } from '@symphony/runtime'
import type { ComponentPorts, LogEntry } from '@symphony/runtime'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

let base = ''
let folder = ''
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'symphony-tools-'))
  folder = join(base, 'state')
})
afterEach(() => rmSync(base, { recursive: true, force: true }))

const steps: WorkflowSpec = {
  name: 'steps',
  output: 'c',
  tasks: [
    { id: 'a', run: ({ runInput }) => `a${JSON.stringify(runInput)}` },
    { id: 'b', needs: ['a'], run: ({ inputs }) => `b of ${String(inputs.get('a'))}` },
    { id: 'c', needs: ['b'], run: ({ inputs }) => `c of ${String(inputs.get('b'))}` },
  ],
}

/** One task waits for a signal, one runs for ever, one has failed once and runs again. */
const stuck: WorkflowSpec = {
  name: 'stuck',
  tasks: [
    { id: 'done', run: () => 1 },
    { id: 'approve', needs: ['done'], waitFor: 'approved' },
    { id: 'hangs', needs: ['done'], run: ({ signal }) => new Promise((_, reject) => void signal.addEventListener('abort', () => reject(signal.reason as Error))) },
    {
      id: 'again',
      needs: ['done'],
      retry: { attempts: 3, delayMs: 0 },
      run: ({ attempt, signal }) => {
        if (attempt === 1) throw new Error('the first time')
        return new Promise((_, reject) => void signal.addEventListener('abort', () => reject(signal.reason as Error)))
      },
    },
  ],
}

async function runSteps(symphony: Runtime, id: string): Promise<void> {
  await (await symphony.conductor.orchestrate(steps, { id }, { id })).result()
}

/** A copy of the folder at this moment: what `kill -9` leaves. */
async function killed(symphony: Runtime, name: string): Promise<string> {
  await symphony.journal?.flush()
  const copy = join(base, name)
  cpSync(folder, copy, { recursive: true })
  return copy
}

async function stuckState(): Promise<string> {
  const symphony = await createRuntime({ folder, workflows: [stuck] })
  await runSteps(symphony, 'before')
  await symphony.conductor.orchestrate(stuck, null, { id: 'stuck' })
  const { dag } = symphony
  while (dag.task(dag.taskRow('stuck', 'again')).attempt < 2 || dag.progress('stuck').waiting === 0) await new Promise((resolve) => setImmediate(resolve))
  const copy = await killed(symphony, 'killed')
  dag.cancelWorkflow('stuck')
  await symphony.close()
  return copy
}

function tap<T>(value: T, look: (value: T) => void): T {
  look(value)
  return value
}

const files = (path: string): unknown => readdirSync(path, { recursive: true }).map(String).sort().map((name) => [name, statSync(join(path, name)).mtimeMs])

/** The one segment of a small log, and where the frame of a record lies in it. */
async function frameOf(state: string, lsn: number): Promise<{ readonly path: string; readonly offset: number }> {
  const { path } = (await inspectJournal(join(state, 'journal'))).segments[0] as { path: string }
  const view = new DataView(new Uint8Array(readFileSync(path)).buffer)
  for (let offset = 64; ; offset += view.getUint32(offset, true)) {
    const next = view.getUint32(offset + 16, true) + view.getUint32(offset + 24, true)
    if (next > lsn) return { path, offset }
  }
}

function flip(path: string, at: number): void {
  const file = openSync(path, 'r+')
  const byte = new Uint8Array(1)
  readSync(file, byte, 0, 1, at)
  writeSync(file, Uint8Array.of((byte[0] as number) ^ 1), 0, 1, at)
  closeSync(file)
}

async function levels(state: string): Promise<Record<string, string>> {
  return Object.fromEntries((await examineState(state)).map(({ name, level }) => [name, level]))
}

describe('readMachine', () => {
  it('gives the whole machine as it was at any record', async () => {
    const symphony = await createRuntime({ folder })
    const digest = (dag: DagTracker): string => createHash('sha256').update(dag.snapshot()).digest('hex')
    const live: [lsn: number, dag: string, artifacts: number][] = []
    for (const id of ['one', 'two', 'three']) {
      await runSteps(symphony, id)
      live.push([symphony.journal?.lastLsn as number, digest(symphony.dag), symphony.artifacts.metrics().artifacts])
    }
    await symphony.close()
    const before = files(folder)
    for (const [lsn, dag, artifacts] of live) {
      const machine = await readMachine(folder, { toLsn: lsn })
      expect([machine.lsn, digest(machine.dag), machine.artifacts.metrics().artifacts]).toEqual([lsn, dag, artifacts])
    }
    const [first = 0] = live[0] as [number, string, number]
    const states = new Set<string>()
    for (let toLsn = 0; toLsn <= first; toLsn++) {
      const { dag } = await readMachine(folder, { toLsn })
      states.add(dag.findRun('one') === undefined ? 'not started' : dag.tasks('one').map(({ state }) => state).join(' '))
    }
    expect([...states]).toEqual(['not started', 'ready pending pending', 'succeeded ready pending', 'succeeded succeeded ready', 'succeeded succeeded succeeded'])
    expect(files(folder)).toEqual(before)
    await expect(readMachine(folder, { toLsn: 10_000 })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', details: { earliestLsn: 0 } })
  })
})

describe('readLogEntries', () => {
  it('tells each command with its run and task, and goes on beside the process that writes', async () => {
    const symphony = await createRuntime({ folder })
    await runSteps(symphony, 'one')
    await symphony.journal?.flush()
    const entries = await readLogEntries(folder, { fromLsn: 1 })
    const seen: LogEntry[] = []
    entries.read((entry) => void seen.push(entry))
    const told = (component: string, name: string): readonly unknown[] => seen.filter((entry) => entry.component === component && entry.name === name).map(({ run, task }) => [run, task])
    expect(told('dag', 'start')).toEqual([['one', undefined]])
    expect(told('dag', 'complete')).toEqual([['one', 'a'], ['one', 'b'], ['one', 'c']])
    expect(told('artifacts', 'put').length).toBe(3)
    expect(seen.every(({ base64 }) => base64 === undefined)).toBe(true)
    await runSteps(symphony, 'two')
    await symphony.journal?.flush()
    entries.read((entry) => void seen.push(entry))
    expect(told('dag', 'complete').slice(3)).toEqual([['two', 'a'], ['two', 'b'], ['two', 'c']])
    expect(entries.lastLsn).toBe(symphony.journal?.lastLsn)
    await symphony.close()
    const part: number[] = []
    ;(await readLogEntries(folder, { fromLsn: 3, toLsn: 5 })).read(({ lsn }) => void part.push(lsn))
    expect([...new Set(part)]).toEqual([3, 4, 5])
  })
})

describe('examineState', () => {
  it('finds a healthy folder healthy, open or not, and changes nothing', async () => {
    const symphony = await createRuntime({ folder })
    await runSteps(symphony, 'one')
    await symphony.journal?.flush()
    const wholesome = { format: 'ok', lock: 'ok', log: 'ok', checkpoints: 'ok', state: 'ok', digests: 'ok', artifacts: 'ok' }
    expect(await levels(folder)).toMatchObject(wholesome)
    await symphony.close()
    const before = files(folder)
    const checks = await examineState(folder)
    expect(Object.fromEntries(checks.map(({ name, level }) => [name, level]))).toMatchObject(wholesome)
    expect(checks.find(({ name }) => name === 'digests')?.says).toContain('is what replaying the log gives')
    expect(files(folder)).toEqual(before)
    await expect(examineState(join(base, 'nowhere'))).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it('says what is wrong, where, and what to do next', async () => {
    const symphony = await createRuntime({ folder })
    for (const id of ['one', 'two']) {
      await runSteps(symphony, id)
      await symphony.journal?.flush()
    }
    const copy = await killed(symphony, 'killed')
    await symphony.close()
    flip(join(folder, 'artifacts', 'packs', '000001.pack'), 45)
    expect(await levels(folder)).toMatchObject({ log: 'ok', artifacts: 'bad' })
    const [checkpoint = ''] = readdirSync(join(folder, 'journal')).filter((name) => name.endsWith('.ckpt'))
    flip(join(folder, 'journal', checkpoint), 60)
    expect(await levels(folder)).toMatchObject({ checkpoints: 'warn' })
    const first = await frameOf(copy, 1)
    const last = await frameOf(copy, (await inspectJournal(join(copy, 'journal'))).lastLsn)
    flip(last.path, last.offset + 40)
    expect((await examineState(copy)).find(({ name }) => name === 'log')).toMatchObject({ level: 'warn', says: expect.stringContaining('interrupted write'), next: expect.stringContaining('next start') })
    flip(last.path, last.offset + 40)
    flip(first.path, first.offset + 40)
    expect((await examineState(copy)).find(({ name }) => name === 'log')).toMatchObject({ level: 'bad', next: expect.stringContaining('symphony doctor --salvage') })
  })
})

describe('rehearseRecovery', () => {
  it('foretells what opening does, with the attempts and tokens', async () => {
    const copy = await stuckState()
    const before = files(copy)
    const blind = await rehearseRecovery(copy)
    expect(blind.runs.map(({ id, outcome }) => [id, outcome])).toEqual([['before', 'completed'], ['stuck', 'quarantined']])
    expect(blind.runs[1]?.reason).toContain('stuck')
    const { runs, records, checkpointLsn, lastLsn, tornBytes, isOpen, refusal } = await rehearseRecovery(copy, { workflows: [stuck] })
    expect([records, checkpointLsn, tornBytes, isOpen, refusal]).toEqual([lastLsn, 0, 0, false, undefined])
    expect(runs[1]).toMatchObject({ outcome: 'resumed', reason: undefined, waiting: 1, again: [{ task: 'hangs', attempt: 1 }, { task: 'again', attempt: 2 }] })
    expect(files(copy)).toEqual(before)

    const begun = new Map<string, readonly [attempt: number, token: number]>()
    const dagOf = (ports: ComponentPorts): DagTracker => {
      const dag = createDagTracker({}, ports)
      const note = (row: TaskRow, token: number): void => void begun.set(dag.task(row).id, [dag.task(row).attempt, token])
      return new Proxy<DagTracker>(dag, {
        get(target, key) {
          if (key === 'beginTask') return (row: TaskRow) => tap(dag.beginTask(row), (token) => note(row, token))
          if (key === 'beginTasks') return (rows: Int32Array, count: number, tokens: Float64Array) => tap(dag.beginTasks(rows, count, tokens), () => rows.subarray(0, count).forEach((row, index) => note(row as TaskRow, tokens[index] as number)))
          const value = target[key as keyof DagTracker] as unknown
          return typeof value === 'function' ? (value as (...args: unknown[]) => unknown).bind(target) : value
        },
      })
    }
    const symphony = await createRuntime({ folder: copy, workflows: [stuck], dag: dagOf })
    while (begun.size < 2) await new Promise((resolve) => setImmediate(resolve))
    for (const { task, attempt, token } of runs[1]?.again ?? []) {
      expect(begun.get(task)?.[0]).toBe(attempt)
      expect(begun.get(task)?.[1]).toBeGreaterThanOrEqual(token)
    }
    expect(symphony.recovery).toMatchObject({ runsResumed: 1, runsQuarantined: 0, records })
    symphony.dag.cancelWorkflow('stuck')
    await symphony.close()
  })
})

describe('salvageState', () => {
  it('tells the runs and tasks that are given up, and afterwards they are done again', async () => {
    const symphony = await createRuntime({ folder })
    // Every record in a frame of its own.
    const flushing: WorkflowSpec = { ...steps, tasks: steps.tasks.map(({ run, ...task }) => ({ ...task, run: async (context) => (await symphony.journal?.flush(), run?.(context)) })) }
    for (const id of ['kept', 'cut', 'lost']) await (await symphony.conductor.orchestrate(flushing, { id }, { id })).result()
    const copy = await killed(symphony, 'killed')
    await symphony.close()
    const lsns: number[] = []
    ;(await readLogEntries(copy, { fromLsn: 1 })).read(({ lsn, name, run, task }) => void (name === 'complete' && run === 'cut' && task === 'b' && lsns.push(lsn)))
    const { path, offset } = await frameOf(copy, lsns[0] as number)
    flip(path, offset + 60)
    await expect(createRuntime({ folder: copy, workflows: [steps] })).rejects.toMatchObject({ code: 'JOURNAL_CORRUPT' })
    const before = files(copy)
    const plan = await planStateSalvage(copy)
    expect(plan).toMatchObject({ keptLsn: (lsns[0] as number) - 1, runs: [{ run: 'cut', isForgotten: false, tasks: ['c'] }, { run: 'lost', isForgotten: true }] })
    // Of the run whose start is given up, and can be read, the tasks have no names yet.
    expect(plan.unnamed).toBe(3)
    expect(plan.commands).toMatchObject({ 'dag start': 1, 'dag complete': 4 })
    expect(files(copy)).toEqual(before)

    const report = await salvageState(copy)
    expect(JSON.parse(readFileSync(join(copy, 'journal', report.report), 'utf8'))).toMatchObject({ keptLsn: plan.keptLsn, notes: { runs: [{ run: 'cut' }, { run: 'lost' }] } })
    expect(await levels(copy)).toMatchObject({ log: 'ok', state: 'ok', artifacts: 'ok' })
    await using again = await createRuntime({ folder: copy, workflows: [steps] })
    expect(again.dag.runs()).toEqual(['kept', 'cut'])
    expect(await again.conductor.handle('cut').result()).toBe('c of b of a{"id":"cut"}')
  })
})

describe('forkStoredRun', () => {
  it('writes a fork down that goes on when somebody knows the workflow', async () => {
    {
      await using symphony = await createRuntime({ folder })
      await runSteps(symphony, 'one')
      await expect(forkStoredRun(folder, 'one', { from: 'b' })).rejects.toMatchObject({ code: 'JOURNAL_LOCKED' })
    }
    expect(await forkStoredRun(folder, 'one', { id: 'edited', outputs: { a: 'another a' } })).toBe('edited')
    const id = await forkStoredRun(folder, 'one', { from: 'c' })
    await expect(forkStoredRun(folder, 'one', { from: 'nowhere' })).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(forkStoredRun(folder, 'none', { from: 'b' })).rejects.toMatchObject({ code: 'RUN_UNKNOWN' })
    const { dag } = await readMachine(folder)
    expect(dag.tasks('edited').map(({ state }) => state)).toEqual(['succeeded', 'ready', 'pending'])
    expect(dag.tasks(id).map(({ state }) => state)).toEqual(['succeeded', 'succeeded', 'ready'])
    await using symphony = await createRuntime({ folder, workflows: [steps] })
    expect(await symphony.conductor.handle('edited').result()).toBe('c of b of another a')
    expect(await symphony.conductor.handle(id).result()).toBe('c of b of a{"id":"one"}')
  })
})
