import { join } from 'node:path'
import { expect } from 'vitest'
import type { FairArbitrationEngine } from '@symphony/arbitration'
import type { LocalArtifactStore } from '@symphony/artifacts'
import type { RegionDagTracker } from '@symphony/dag'
import type { Runtime, SupervisedHealth, TaskType, WorkflowSpec } from '@symphony/interface'
import { functionRunner } from '@symphony/models'
import { createRuntime, readState } from '@symphony/runtime'
import type { RuntimeConfig } from '@symphony/runtime'
import type { RegionStaleManager } from '@symphony/stale'
import { healthOf, PanickingBackend } from './panicking-backend.ts'
import type { Panics } from './panicking-backend.ts'

const RUNS = 10
const TASKS = 79
const PAID_USD = 0.25

/** `scarce`: some tasks are paid for, and there are few slots of everything. `remembered`: the same, and what was paid for once is remembered. */
type Load = 'plain' | 'scarce' | 'remembered'

/** A hundred tasks of every kind: some end at once, some later, some fail first, one adds others, and they need each other. */
function mixed(ran: Map<string, number>, load: Load): WorkflowSpec {
  const count = (id: string): number => {
    ran.set(id, (ran.get(id) ?? 0) + 1)
    return ran.get(id) as number
  }
  const typeOf = (at: number): string => {
    if (at % 20 === 7) return 'flaky'
    if (at % 20 === 11) return 'fan'
    if (load !== 'plain' && at % 5 === 2) return 'paid'
    return at % 3 === 0 ? 'later' : 'at once'
  }
  return {
    name: 'mixed',
    output: 'end',
    types: [
      ...(load === 'plain' ? [] : [paidType(count, load === 'remembered')]),
      { name: 'at once', run: ({ idempotencyKey }) => `${idempotencyKey} ${count(idempotencyKey)}` },
      { name: 'later', run: async ({ idempotencyKey }) => new Promise((resolve) => setImmediate(() => resolve(`${idempotencyKey} ${count(idempotencyKey)}`))) },
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
      ...Array.from({ length: TASKS }, (_, at) => ({
        id: `t${at}`,
        type: typeOf(at),
        ...(at < 8 ? {} : { needs: [...new Set([`t${at - 8}`, `t${Math.floor(at / 2)}`])] }),
      })),
      { id: 'end', needs: Array.from({ length: TASKS }, (_, at) => `t${at}`), run: ({ inputs, idempotencyKey }) => {
        count(idempotencyKey)
        return inputs.ids.length
      } },
    ],
  }
}

function paidType(count: (id: string) => number, cache: boolean): TaskType {
  return { name: 'paid', model: 'paid', cache, costUsd: PAID_USD, memoryBytes: 10, input: ({ idempotencyKey }) => count(idempotencyKey) }
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

/** What is paid for, with few slots of everything: who does not stand in line waits for a slot. */
const scarce: RuntimeConfig = {
  models: [{ id: 'paid', runner: functionRunner((input) => input), slotsPerInstance: 2, idleMs: 1 }],
  budgets: [{ tenant: '*', limitUsd: 1_000 }],
  inlineSlots: 6,
}

/**
 * Ten runs of a hundred tasks while a backend panics. All of them end, nothing is done twice, nothing is lost, and what is in memory
 * then is what the log says.
 */
export async function sweep(folder: string, panics: Panics, load: Load = 'plain'): Promise<PanickingBackend> {
  const ran = new Map<string, number>()
  const spec = mixed(ran, load)
  const state = join(folder, `${panics.of}-${panics.every}-${panics.when}`)
  const backend = new PanickingBackend(panics)
  // Durability costs a disk's time, and adds nothing to what is looked at here.
  await using symphony = await createRuntime({ folder: state, workflows: [spec], durability: panics.every === 1 ? 'group' : 'none', ...(load === 'plain' ? {} : scarce) })
  backend.attach(symphony)
  const results = await runAll(symphony, spec)
  backend.detach()
  const isWell = ({ status, restorations }: SupervisedHealth): boolean => status === 'healthy' && restorations === backend.thrown
  while (!isWell(healthOf(symphony, panics.component))) await new Promise((resolve) => setImmediate(resolve))
  expect(results).toEqual(Array.from({ length: RUNS }, () => 95))
  // What has succeeded once is never called again; what was on its way is taken up where it was.
  const again = [...ran].filter(([id, count]) => count !== (Number(/t(\d+)$/.exec(id)?.[1]) % 20 === 7 ? 2 : 1))
  expect(again).toEqual([])
  const recalled = symphony.conductor.metrics().recalled
  expect(ran.size).toBe(RUNS * 96 - recalled)
  const dag = symphony.dag as RegionDagTracker
  expect(dag.checkInvariants(1)).toBeUndefined()
  for (const { slotsUsed, slotsTotal, number, instances } of symphony.pool.models()) {
    expect(slotsUsed).toBe(0)
    if (instances.every(({ state }) => state === 'hot')) expect(symphony.pool.freeSlots(number)).toBe(slotsTotal)
  }
  expect(symphony.conductor.metrics()).toMatchObject({ inFlight: 0, late: 0 })
  if (load !== 'plain') {
    const paid = Array.from({ length: TASKS }, (_, at) => at).filter((at) => at % 5 === 2 && at % 20 !== 7).length
    expect(symphony.arbitration.budgets()).toMatchObject([{ spentUsd: (paid * RUNS - recalled) * PAID_USD, reservedUsd: 0 }])
    expect(symphony.arbitration.metrics()).toMatchObject({ waiting: 0, running: 0 })
  }
  expect((symphony.stale as RegionStaleManager).checkInvariants(1)).toBeUndefined()
  expect((symphony.artifacts as LocalArtifactStore).checkInvariants(1)).toBeUndefined()
  expect((symphony.arbitration as FairArbitrationEngine).checkInvariants(1)).toBeUndefined()
  const digest = dag.stateDigest()
  const stored = [...symphony.artifacts.refs()].map((ref) => symphony.artifacts.head(ref))
  expect(healthOf(symphony, panics.component)).toMatchObject({ status: 'healthy', panics: backend.thrown, restorations: backend.thrown })
  await symphony.journal?.flush()
  const view = await readState(state)
  expect((view.dag as RegionDagTracker).stateDigest()).toBe(digest)
  await symphony.close()
  await using reopened = await createRuntime({ folder: state, workflows: [spec], ...(load === 'plain' ? {} : scarce) })
  expect([...reopened.artifacts.refs()].map((ref) => reopened.artifacts.head(ref))).toEqual(stored)
  return backend
}
