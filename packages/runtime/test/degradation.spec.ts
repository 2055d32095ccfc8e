import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { SymphonyError } from '@symphony/interface'
import type { CommandLog, ComponentHealth, Policy, Runtime, WorkflowSpec } from '@symphony/interface'
import { createArtifactStore } from '@symphony/artifacts'
import { createDagTracker } from '@symphony/dag'
import { createRuntime } from '@symphony/runtime'

let folder = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'symphony-degradation-'))
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

const conductorHealth = (symphony: Runtime): ComponentHealth => symphony.health().components.find(({ component }) => component === 'conductor') as ComponentHealth
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
const few: WorkflowSpec = { name: 'few', output: 'last', tasks: [{ id: 'a', run: () => 1 }, { id: 'b', run: () => 2 }, { id: 'last', needs: ['a', 'b'], run: () => 3 }] }

describe('a policy that does what it should not', () => {
  const hostile: readonly Policy[] = [
    { name: 'throws', score: () => { throw new Error('no idea today') } },
    { name: 'takes tasks away', score: ({ tasks }) => void tasks.fill(-5) },
    { name: 'takes the batch apart', score: (batch) => {
      for (const key of Object.keys(batch)) Reflect.deleteProperty(batch, key)
    } },
    { name: 'answers no numbers', score: ({ scores, propensities }) => {
      scores.fill(Number.NaN)
      propensities.fill(-1)
    } },
  ]
  for (const policy of hostile) {
    it(`${policy.name}: every task has its turn`, async () => {
      await using symphony = await createRuntime({ policy })
      expect(await (await symphony.conductor.orchestrate(few)).result()).toBe(3)
      if (policy.name !== 'throws') return
      expect(conductorHealth(symphony)).toMatchObject({ status: 'degraded', reasons: [expect.stringMatching(/"throws" threw.*first come, first served.*no idea today/)] })
      expect(symphony.health().status).toBe('degraded')
      symphony.conductor.setPolicy({ name: 'better', score: () => {} })
      expect(conductorHealth(symphony).status).toBe('healthy')
    })
  }
})

/** A log that refuses from some moment on, as a full disk makes it. */
function refusing(log: CommandLog, refuses: () => boolean): CommandLog {
  const check = (): void => {
    if (refuses()) throw new SymphonyError({ code: 'JOURNAL_POISONED', component: 'journal', message: 'The journal could not write.', details: { storageCode: 'STORAGE_FULL' } })
  }
  return {
    append(...command) {
      check()
      return log.append(...command)
    },
    transact: (change) => log.transact(change),
    durable: (lsn) => log.durable(lsn),
    syncBefore: (file, write) => log.syncBefore(file, write),
    get lastLsn() {
      return log.lastLsn
    },
    get durableLsn() {
      return log.durableLsn
    },
  }
}

describe('a full disk', () => {
  it('makes the runtime read-only: what runs may end, nothing new begins, everything can be read, and is there again', async () => {
    let isFull = false
    let release = (): void => {}
    const ended: string[] = []
    const spec: WorkflowSpec = {
      name: 'running',
      output: 'end',
      tasks: [
        { id: 'first', run: () => 'kept' },
        { id: 'running', needs: ['first'], run: async ({ signal }) => {
          await new Promise<void>((resolve) => (release = resolve))
          ended.push(signal.aborted ? 'aborted' : 'ended')
        } },
        { id: 'other', needs: ['first'], run: async () => {
          while (!isFull) await turn()
        } },
        { id: 'end', needs: ['running', 'other'], run: () => 'done' },
      ],
    }
    {
      await using symphony = await createRuntime({
        folder,
        workflows: [spec],
        dag: ({ log, ...ports }) => createDagTracker({}, { ...ports, log: refusing(log as CommandLog, () => isFull) }),
      })
      const handle = await symphony.conductor.orchestrate(spec, null, { id: 'a' })
      const result = handle.result()
      while (symphony.dag.progress('a').running < 2) await turn()
      isFull = true
      await expect(result).rejects.toMatchObject({ code: 'JOURNAL_POISONED' })
      await expect(symphony.conductor.orchestrate(spec)).rejects.toMatchObject({ code: 'STORAGE_FULL', message: expect.stringMatching(/Nothing new is started.*Free some space, and open the runtime again/) })
      expect(conductorHealth(symphony)).toMatchObject({ status: 'degraded', reasons: [expect.stringContaining('read-only')] })
      release()
      while (symphony.conductor.metrics().inFlight > 0) await turn()
      expect(ended).toEqual(['ended'])
      expect(symphony.dag.getWorkflowState('a')).toMatchObject({ state: 'running', progress: { succeeded: 1 } })
      expect(symphony.artifacts.getValue(symphony.dag.tasks('a').find(({ id }) => id === 'first')?.output as never)).toBe('kept')
      const [model] = symphony.pool.models()
      expect(model?.slotsUsed).toBe(0)
    }
    isFull = true
    await using symphony = await createRuntime({ folder, workflows: [spec] })
    const again = symphony.conductor.handle('a').result()
    while (symphony.dag.progress('a').succeeded < 2) await turn()
    release()
    expect(await again).toBe('done')
    expect(symphony.health().status).toBe('healthy')
  })
})

describe('no search', () => {
  it('is refused by name, and everything else of a store goes on', async () => {
    await using symphony = await createRuntime({ artifacts: ({ clock, logger, events }) => createArtifactStore({ search: false }, { clock, logger, events }) })
    expect(() => symphony.artifacts.search({ text: 'a' })).toThrow(expect.objectContaining({ code: 'NOT_SUPPORTED' }))
    const ref = symphony.artifacts.put('a text', { tags: { of: 'x' } })
    expect(symphony.artifacts.head(ref)).toMatchObject({ tags: { of: 'x' } })
  })
})
