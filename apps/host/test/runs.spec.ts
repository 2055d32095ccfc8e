import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RunUpgrade } from '@symphony/interface'
import type { Inspection } from '../src/runs/inspection.ts'
import type { RunHead } from '../src/runs/run-head.ts'
import { symphonyIn } from './symphony-process.ts'
import type { Ended } from './symphony-process.ts'

const sum = fileURLToPath(new URL('./workflows/sum.ts', import.meta.url))
const mixed = fileURLToPath(new URL('./workflows/mixed.ts', import.meta.url))
const approval = fileURLToPath(new URL('./children/approval.ts', import.meta.url))
const approvalTwo = fileURLToPath(new URL('./workflows/approval-2.ts', import.meta.url))
const MARKUP = '<img src=x onerror=alert(1)>'
let folder = ''

const symphony = (...args: readonly string[]): Promise<Ended> => symphonyIn(folder, ...args)
async function json<T>(...args: readonly string[]): Promise<T> {
  const { code, stdout, stderr } = await symphony(...args, '--json')
  expect([code, stderr]).toEqual([0, ''])
  return JSON.parse(stdout) as T
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'symphony-runs-'))
  await symphony('run', sum, '--input', '5', '--id', 'five')
  await symphony('run', sum, '--input', '5', '--id', 'again')
  await symphony('run', mixed, '--id', 'mixed-1')
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('symphony runs', () => {
  it('lists the runs of every state folder, newest first, without the code they ran', async () => {
    const { code, stdout } = await symphony('runs')
    const lines = stdout.trim().split('\n').map((line) => line.split(/\s{2,}/))
    expect(code).toBe(0)
    expect(lines.map((line) => [line[0], line[1], line[2], line[3], line[4], line[7]])).toEqual([
      ['RUN', 'WORKFLOW', 'VERSION', 'STATE', 'TASKS', 'FOLDER'],
      ['mixed-1', 'mixed', '3', 'failed', '17', 'mixed'],
      ['again', 'sum', '1', 'succeeded', '7', 'sum'],
      ['five', 'sum', '1', 'succeeded', '7', 'sum'],
    ])
  })

  it('filters by workflow and by state, and limits', async () => {
    const ids = async (...args: readonly string[]): Promise<unknown> => {
      const { runs, total } = await json<{ runs: RunHead[]; total: number }>('runs', ...args)
      return [total, ...runs.map(({ id }) => id)]
    }
    expect(await ids('--workflow', 'sum')).toEqual([2, 'again', 'five'])
    expect(await ids('--status', 'failed')).toEqual([1, 'mixed-1'])
    expect(await ids('--limit', '1')).toEqual([3, 'mixed-1'])
    expect(await ids('--state', join('.symphony', 'sum'))).toEqual([2, 'again', 'five'])
    expect((await symphony('runs', '--workflow', 'smu')).stderr).toContain('mixed, sum')
    const wrong = await symphony('runs', '--status', 'suceeded')
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('did you mean "succeeded"')])
  })

  it('says where it looked when there is nothing', async () => {
    const { code, stderr } = await symphony('runs', '--state', 'nowhere')
    expect([code, stderr]).toEqual([2, expect.stringContaining(join(folder, 'nowhere'))])
    expect(readdirSync(folder)).toEqual(['.symphony'])
  })

  it('reads beside the process that has the folder open, and changes nothing', async () => {
    const state = join(folder, 'open-state')
    const child = spawn(process.execPath, ['--conditions=@symphony/source', approval, state], { stdio: ['pipe', 'pipe', 'inherit'] })
    try {
      await once(child.stdout, 'data')
      const [run] = (await json<{ runs: RunHead[] }>('runs', '--state', state)).runs
      expect(run).toMatchObject({ id: 'waits', state: 'running', progress: { succeeded: 1, waiting: 1 } })
      const { stdout } = await symphony('inspect', 'waits', '--state', state)
      expect(stdout).toMatch(/a process has the state folder open[^]*approve\s+still waiting/)
      const following = symphony('inspect', 'waits', '--state', state, '--follow')
      expect(await Promise.race([following, symphony('runs', '--state', state)])).toMatchObject({ stdout: expect.stringMatching(/^RUN/) })
      child.stdin.end()
      expect(await following).toMatchObject({ code: 0, stdout: expect.stringMatching(/state +interrupted: no process[^]*approve/) })
    } finally {
      child.stdin.end()
      if (child.exitCode === null) await once(child, 'exit')
    }
    const before = files(state)
    const [after] = (await json<{ runs: RunHead[] }>('runs', '--state', state)).runs
    expect(after).toMatchObject({ state: 'interrupted', tookMs: null })
    expect(files(state)).toEqual(before)
  })
})

describe('symphony plan-upgrade', () => {
  it('tells what a new version does to a run that is under way, beside the process that runs it', async () => {
    const state = join(folder, 'deploy-state')
    const child = spawn(process.execPath, ['--conditions=@symphony/source', approval, state], { stdio: ['pipe', 'pipe', 'inherit'] })
    try {
      await once(child.stdout, 'data')
      const { code, stdout } = await symphony('plan-upgrade', approvalTwo, '--state', state)
      expect([code, stdout]).toEqual([0, expect.stringMatching(/^waits \(version 1, in deploy-state\): can move to version 2\n {2}stay as they are: draft, approve\n {2}are new: publish/)])
      const { runs } = await json<{ runs: RunUpgrade[] }>('plan-upgrade', approvalTwo, '--state', state)
      expect(runs).toMatchObject([{ id: 'waits', canMove: true, kept: ['draft', 'approve'], added: ['publish'] }])
    } finally {
      child.stdin.end()
      if (child.exitCode === null) await once(child, 'exit')
    }
    expect((await symphony('plan-upgrade', sum)).stdout).toContain('changes nothing')
  })
})

function files(state: string): unknown {
  return readdirSync(state, { recursive: true }).map(String).sort().map((name) => [name, statSync(join(state, name)).mtimeMs])
}

describe('symphony inspect', () => {
  it('shows the head, failures with reasons, the critical path and the tasks', async () => {
    const { code, stdout } = await symphony('inspect', 'mixed-1')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^run +mixed-1\nworkflow +mixed, version 3\nstate +failed/)
    expect(stdout).toContain('17 of 17 ended: 15 succeeded, 1 failed, 1 skipped')
    expect(stdout).toContain(`1 failure\n  ${MARKUP}: TASK_FAILED: </script>`)
    expect(stdout).toMatch(/critical path: 4 tasks[^]*split[^]*leaf[^]*gather[^]*<img/)
    expect(stdout).toMatch(/leaf 11 +leaf +succeeded +1/)
  })

  it('gives programs everything, by the run\'s id or the beginning of it', async () => {
    const { run, tasks, criticalPath, failures } = await json<Inspection>('inspect', 'mix')
    expect(run).toMatchObject({ id: 'mixed-1', workflow: 'mixed', state: 'failed', progress: { total: 17, failed: 1, skipped: 1 } })
    expect(failures.map(({ task }) => task)).toEqual([MARKUP])
    const task = (id: string): Inspection['tasks'][number] | undefined => tasks.find((each) => each.id === id)
    expect(task(MARKUP)).toMatchObject({ state: 'failed', attempts: 2, error: { code: 'TASK_FAILED' }, needs: ['gather'] })
    expect(task('after')).toMatchObject({ state: 'skipped', startedAtMs: null })
    expect(task('gather')?.needs.length).toBe(13)
    for (const { state, readyAtMs, startedAtMs, endedAtMs, waitMs, tookMs } of tasks) {
      if (state !== 'succeeded') continue
      expect([waitMs, tookMs]).toEqual([Number(startedAtMs) - Number(readyAtMs), Number(endedAtMs) - Number(startedAtMs)])
    }
    expect(criticalPath.tasks.at(-1)).toBe(MARKUP)
    expect((await json<Inspection>('inspect', 'again')).tasks.filter(({ recalled, tookMs }) => recalled && tookMs === null).length).toBe(5)
  })

  it('names the nearest runs for one that is unknown, and exits with 2', async () => {
    const near = await symphony('inspect', 'agian')
    expect([near.code, near.stderr]).toEqual([2, expect.stringMatching(/RUN_UNKNOWN[^]*Did you mean "again"/)])
    const far = await symphony('inspect', 'something-else-entirely', '--json')
    expect([far.code, JSON.parse(far.stdout)]).toMatchObject([2, { error: { code: 'RUN_UNKNOWN' } }])
  })
})

describe('symphony graph', () => {
  it('draws a module\'s workflow without running it', async () => {
    const mermaid = (await symphony('graph', mixed)).stdout
    expect(mermaid).toMatch(/^flowchart LR\n {2}t0\["split"\]/)
    expect(mermaid).toContain('t0 -.-> t4')
    expect(mermaid).not.toContain('<img')
    const dot = (await symphony('graph', mixed, '--format', 'dot')).stdout
    expect(dot).toContain('"split" -> "aside" [style=dashed]')
    expect(readdirSync(folder)).not.toContain('state')
  })

  it('draws a run with its states, the tasks that were added, and the critical path', async () => {
    const picture = await json<{ nodes: { id: string; state: string }[]; edges: { from: string; to: string }[] }>('graph', 'mixed-1')
    expect(picture.nodes.length).toBe(17)
    expect(picture.edges).toContainEqual({ from: 'leaf 11', to: 'gather' })
    const mermaid = (await symphony('graph', 'mixed-1')).stdout
    expect(mermaid).toContain(':::failed')
    expect(mermaid).toMatch(/linkStyle [\d,]+ stroke/)
    expect(mermaid).not.toContain('<img')
  })

  it('refuses a format that does not exist', async () => {
    const { code, stderr } = await symphony('graph', 'five', '--format', 'png')
    expect([code, stderr]).toEqual([2, expect.stringContaining('mermaid, dot, json')])
  })
})

