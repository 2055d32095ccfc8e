import { join } from 'node:path'
import { expect } from 'vitest'
import type { RegionDagTracker } from '@symphony/dag'
import type { ModelReport, Runtime, SupervisedHealth, TaskType, WorkflowSpec } from '@symphony/interface'
import { functionRunner } from '@symphony/models'
import { createRuntime, readState } from '@symphony/runtime'
import type { RuntimeConfig } from '@symphony/runtime'
import { healthOf, PanickingBackend } from './panicking-backend.ts'
import type { Panics } from './panicking-backend.ts'

const RUNS = 10
const TASKS = 79
const PAID_USD = 0.25

/** A hundred tasks of every kind: some end at once, some later, some fail first, one adds others, and they need each other. */
function mixed(ran: Map<string, number>, isPaid: boolean): WorkflowSpec {
  const count = (id: string): number => {
    ran.set(id, (ran.get(id) ?? 0) + 1)
    return ran.get(id) as number
  }
  const typeOf = (at: number): string => {
    if (at % 20 === 7) return 'flaky'
    if (at % 20 === 11) return 'fan'
    if (isPaid && at % 5 === 2) return 'paid'
    return at % 3 === 0 ? 'later' : 'at once'
  }
  return {
    name: 'mixed',
    output: 'end',
    types: [
      ...(isPaid ? [paidType(count)] : []),
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

function paidType(count: (id: string) => number): TaskType {
  return { name: 'paid', model: 'paid', cache: false, costUsd: PAID_USD, memoryBytes: 10, input: ({ idempotencyKey }) => count(idempotencyKey) }
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
  models: [{ id: 'paid', runner: functionRunner((input) => input), slotsPerInstance: 2 }],
  budgets: [{ tenant: '*', limitUsd: 1_000 }],
  inlineSlots: 6,
}

/**
 * Ten runs of a hundred tasks while a backend panics. All of them end, nothing is done twice, nothing is lost, and what is in memory
 * then is what the log says.
 */
export async function sweep(folder: string, panics: Panics, isScarce = false): Promise<PanickingBackend> {
  const ran = new Map<string, number>()
  const spec = mixed(ran, isScarce)
  const state = join(folder, `${panics.of}-${panics.every}-${panics.when}`)
  const backend = new PanickingBackend(panics)
  // Durability costs a disk's time, and adds nothing to what is looked at here.
  await using symphony = await createRuntime({ folder: state, workflows: [spec], durability: panics.every === 1 ? 'group' : 'none', ...(isScarce ? scarce : {}) })
  backend.attach(symphony)
  const results = await runAll(symphony, spec)
  backend.detach()
  const isWell = ({ status, restorations }: SupervisedHealth): boolean => status === 'healthy' && restorations === backend.thrown
  while (!isWell(healthOf(symphony, panics.component))) await new Promise((resolve) => setImmediate(resolve))
  expect(results).toEqual(Array.from({ length: RUNS }, () => 95))
  // What has succeeded once is never called again; what was on its way is taken up where it was.
  const again = [...ran].filter(([id, count]) => count !== (Number(/t(\d+)$/.exec(id)?.[1]) % 20 === 7 ? 2 : 1))
  expect(again).toEqual([])
  expect(ran.size).toBe(RUNS * 96)
  const dag = symphony.dag as RegionDagTracker
  expect(dag.checkInvariants(1)).toBeUndefined()
  for (const { slotsUsed, slotsTotal, number } of symphony.pool.models() as readonly ModelReport[]) expect([slotsUsed, symphony.pool.freeSlots(number)]).toEqual([0, slotsTotal])
  expect(symphony.conductor.metrics()).toMatchObject({ inFlight: 0, late: 0 })
  if (isScarce) {
    const paid = Array.from({ length: TASKS }, (_, at) => at).filter((at) => at % 5 === 2 && at % 20 !== 7).length
    expect(symphony.arbitration.budgets()).toMatchObject([{ spentUsd: paid * RUNS * PAID_USD, reservedUsd: 0 }])
    expect(symphony.arbitration.metrics()).toMatchObject({ waiting: 0, running: 0 })
  }
  const digest = dag.stateDigest()
  expect(healthOf(symphony, panics.component)).toMatchObject({ status: 'healthy', panics: backend.thrown, restorations: backend.thrown })
  await symphony.journal?.flush()
  const view = await readState(state)
  expect((view.dag as RegionDagTracker).stateDigest()).toBe(digest)
  return backend
}
