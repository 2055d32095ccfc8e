import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { RecoveryReport, RunProgress } from '@symphony/interface'
import { createRuntime } from '@symphony/runtime'

const child = fileURLToPath(new URL('./children/interrupted.ts', import.meta.url))
let folder = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'symphony-runtime-'))
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

interface Outcome {
  readonly signal: string | null
  readonly output: { readonly result: unknown; readonly recovery: RecoveryReport; readonly progress: RunProgress } | undefined
}

function run(killBefore?: string, flags: readonly string[] = []): Promise<Outcome> {
  const args = [...flags, '--conditions=@symphony/source', child, join(folder, 'state'), join(folder, 'witness'), ...(killBefore === undefined ? [] : [killBefore])]
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, (error, stdout, stderr) => {
      if (error !== null && error.signal !== 'SIGKILL') reject(new Error(`${error.message}\n${stderr}`))
      else resolve({ signal: error?.signal ?? null, output: stdout === '' ? undefined : JSON.parse(stdout) })
    })
  })
}

const witnessed = (): string[] => readFileSync(join(folder, 'witness'), 'utf8').trim().split('\n')

describe('recovery', () => {
  it('goes on after kill -9 and runs no finished task again', async () => {
    expect((await run('step 4')).signal).toBe('SIGKILL')
    expect((await run('step 8')).signal).toBe('SIGKILL')
    expect((await run('end')).signal).toBe('SIGKILL')
    const last = await run()
    expect(last.output?.result).toBe(11)
    expect(last.output?.recovery.runsResumed).toBe(1)
    const counts = new Map<string, number>()
    for (const task of witnessed()) counts.set(task, (counts.get(task) ?? 0) + 1)
    expect(counts.size).toBe(22)
    expect([...counts.values()].every((count) => count === 1)).toBe(true)
    expect(last.output?.progress).toMatchObject({ total: 22, succeeded: 22, failed: 0 })
  })

  it('finds an ended run ended, without running anything', async () => {
    const first = await run()
    const before = witnessed().length
    const second = await run()
    expect(second.output?.result).toEqual(first.output?.result)
    expect(witnessed().length).toBe(before)
    expect(second.output?.recovery.runsResumed).toBe(0)
  })

  it('quarantines a run whose workflow is not known, and lets it go on once it is', async () => {
    await run('step 4')
    {
      await using symphony = await createRuntime({ folder: join(folder, 'state') })
      expect(symphony.recovery).toMatchObject({ runsQuarantined: 1, runsResumed: 0 })
      expect(symphony.dag.getWorkflowState('the-run')).toMatchObject({ state: 'quarantined', reason: expect.stringContaining('interrupted') })
    }
    expect((await run()).output?.result).toBe(11)
  })

  it('comes back from a checkpoint as from the log', async () => {
    const summary = async (): Promise<unknown> => {
      await using symphony = await createRuntime({ folder: join(folder, 'state') })
      const { progress, outputs, state } = symphony.dag.getWorkflowState('the-run')
      return { progress, outputs, state, artifacts: [...symphony.artifacts.refs()], checkpoint: symphony.recovery.checkpointLsn > 0 }
    }
    await run()
    const first = await summary()
    expect(first).toMatchObject({ state: 'succeeded', checkpoint: true })
    expect(await summary()).toEqual(first)
  })

  it('writes checkpoints while it runs, between two changes', async () => {
    const state = join(folder, 'state')
    {
      await using symphony = await createRuntime({ folder: state, checkpointBytes: 1 })
      for (let number = 0; number < 3; number++) {
        await (await symphony.conductor.orchestrate({ name: 'one', tasks: [{ id: 'a', run: () => number }] })).result()
        // Two turns: one in which the checkpoint is begun, and what it takes to be written.
        await new Promise((resolve) => setImmediate(resolve))
        await symphony.journal?.flush()
      }
      expect(readdirSync(join(state, 'journal')).filter((name) => name.includes('checkpoint')).length).toBeGreaterThan(0)
    }
  })

  it('writes a checkpoint when it is asked for one', async () => {
    const state = join(folder, 'state')
    await using symphony = await createRuntime({ folder: state })
    await (await symphony.conductor.orchestrate({ name: 'one', tasks: [{ id: 'a', run: () => 1 }] })).result()
    await symphony.checkpoint()
    expect(readdirSync(join(state, 'journal')).filter((name) => name.includes('checkpoint'))).toHaveLength(1)
    await using inMemory = await createRuntime()
    await inMemory.checkpoint()
  })

  it('runs under whatever flags its process was started with', async () => {
    expect((await run(undefined, ['--expose-gc', '--max-old-space-size=512'])).output?.result).toBe(11)
  })

  it('refuses a folder another process has open', async () => {
    await using symphony = await createRuntime({ folder: join(folder, 'state') })
    expect(symphony.health().status).toBe('healthy')
    await expect(createRuntime({ folder: join(folder, 'state') })).rejects.toMatchObject({ code: 'JOURNAL_LOCKED' })
  })
})
