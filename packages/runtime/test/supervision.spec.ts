import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { RegionDagTracker } from '@symphony/dag'
import type { ModelReport, Runtime, WorkflowSpec } from '@symphony/interface'
import { createRuntime, readState } from '@symphony/runtime'
import { healthOf, PanickingBackend } from './panicking-backend.ts'
import type { Panics } from './panicking-backend.ts'

let folder = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'symphony-supervision-'))
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

const RUNS = 10

/** A hundred tasks of every kind: some end at once, some later, some fail first, one adds others, and they need each other. */
function workflow(ran: Map<string, number>): WorkflowSpec {
  const count = (id: string): number => {
    ran.set(id, (ran.get(id) ?? 0) + 1)
    return ran.get(id) as number
  }
  return {
    name: 'mixed',
    output: 'end',
    types: [
      { name: 'at once', run: ({ idempotencyKey }) => count(idempotencyKey) },
      { name: 'later', run: async ({ idempotencyKey }) => new Promise((resolve) => setImmediate(() => resolve(count(idempotencyKey)))) },
      { name: 'flaky', retry: { attempts: 3, delayMs: 1 }, run: ({ idempotencyKey }) => {
        if (count(idempotencyKey) === 1) throw new Error('not yet')
        return 1
      } },
      { name: 'fan', run: ({ idempotencyKey, expand, taskId }) => {
        count(idempotencyKey)
        expand({ tasks: Array.from({ length: 4 }, (_, at) => ({ id: `${taskId}.${at}`, type: at % 2 === 0 ? 'at once' : 'later', feeds: ['end'] })) })
      } },
    ],
    tasks: [
      ...Array.from({ length: 79 }, (_, at) => ({
        id: `t${at}`,
        type: at % 20 === 7 ? 'flaky' : at % 20 === 11 ? 'fan' : at % 3 === 0 ? 'later' : 'at once',
        ...(at < 8 ? {} : { needs: [...new Set([`t${at - 8}`, `t${Math.floor(at / 2)}`])] }),
      })),
      { id: 'end', needs: Array.from({ length: 79 }, (_, at) => `t${at}`), run: ({ inputs, idempotencyKey }) => {
        count(idempotencyKey)
        return inputs.ids.length
      } },
    ],
  }
}

async function runAll(symphony: Runtime, spec: WorkflowSpec): Promise<readonly unknown[]> {
  const results: Promise<unknown>[] = []
  for (let run = 0; run < RUNS; run++) {
    // Who starts a run gets the error of the neighbour, and may ask again: with the same id, it is the same run.
    for (;;) {
      try {
        results.push((await symphony.conductor.orchestrate(spec, null, { id: `run ${run}` })).result())
        break
      } catch (error) {
        expect(error).toMatchObject({ code: 'BACKEND_PANIC', retryable: true })
        await new Promise((resolve) => setImmediate(resolve))
      }
    }
  }
  return Promise.all(results)
}

async function sweep(panics: Panics): Promise<PanickingBackend> {
  const ran = new Map<string, number>()
  const spec = workflow(ran)
  const state = join(folder, `${panics.of}-${panics.every}-${panics.when}`)
  const backend = new PanickingBackend(panics)
  // Durability costs a disk's time, and adds nothing to what is looked at here.
  await using symphony = await createRuntime({ folder: state, workflows: [spec], durability: panics.every === 1 ? 'group' : 'none' })
  backend.attach(symphony)
  const results = await runAll(symphony, spec)
  backend.detach()
  while (healthOf(symphony, panics.component).status !== 'healthy') await new Promise((resolve) => setImmediate(resolve))
  expect(results).toEqual(Array.from({ length: RUNS }, () => 95))
  // What has succeeded once is never called again; what was on its way is taken up where it was.
  const again = [...ran].filter(([id, count]) => count !== (Number(/t(\d+)$/.exec(id)?.[1]) % 20 === 7 ? 2 : 1))
  expect(again).toEqual([])
  expect(ran.size).toBe(RUNS * 96)
  const dag = symphony.dag as RegionDagTracker
  expect(dag.checkInvariants(1)).toBeUndefined()
  const { slotsUsed, slotsTotal, number } = symphony.pool.models()[0] as ModelReport
  expect([slotsUsed, symphony.pool.freeSlots(number)]).toEqual([0, slotsTotal])
  const digest = dag.stateDigest()
  expect(healthOf(symphony, panics.component)).toMatchObject({ status: 'healthy', panics: backend.thrown, restorations: backend.thrown })
  await symphony.journal?.flush()
  const view = await readState(state)
  expect((view.dag as RegionDagTracker).stateDigest()).toBe(digest)
  return backend
}

describe('a backend of the tracker that panics', () => {
  for (const of of ['start', 'beginMany', 'complete', 'completeMany', 'fail', 'postpone', 'wake', 'take'] as const) {
    for (const when of of.endsWith('Many') ? (['before', 'midway', 'after'] as const) : (['before', 'after'] as const)) {
      it(`in every so many-th ${of}, ${when} its effect: all runs end, nothing is done twice, nothing is lost`, async () => {
        let thrown = 0
        for (const every of [1, 3, 101]) thrown += (await sweep({ component: 'dag', of, every, when, most: 4 })).thrown
        if (of !== 'fail') expect(thrown).toBeGreaterThan(1)
      })
    }
  }
})

describe('a backend of the pool that panics', () => {
  for (const of of ['takeSlots', 'takeSlot', 'endLease', 'freeGateSlots', 'token']) {
    for (const when of ['before', 'after'] as const) {
      it(`in every so many-th ${of}, ${when} its effect: nobody notices, and no slot is lost`, async () => {
        let thrown = 0
        for (const every of [1, 3, 17]) thrown += (await sweep({ component: 'pool', of, every, when, most: 40 })).thrown
        if (of !== 'takeSlot') expect(thrown).toBeGreaterThan(2)
      })
    }
  }
})
