import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { FairArbitrationEngine } from '@symphony/arbitration'
import { ARTIFACTS_LAYOUT } from '@symphony/artifacts'
import type { LocalArtifactStore } from '@symphony/artifacts'
import { COMPONENT_IDS, EVENTS } from '@symphony/interface'
import type { Runtime, Supervised, WorkflowSpec } from '@symphony/interface'
import { functionRunner } from '@symphony/models'
import { VirtualClock } from '@symphony/ports'
import { createRuntime } from '@symphony/runtime'
import { attachRegion, EventReader } from '@symphony/shared-memory'
import type { RegionStaleManager } from '@symphony/stale'
import { healthOf } from './panicking-backend.ts'
import type { SupervisedName } from './panicking-backend.ts'
import { settle } from './virtual-time.ts'
import { virtualTurns } from './virtual-turns.ts'

let folder = ''
let clock = new VirtualClock()

beforeEach(() => {
  clock = new VirtualClock()
  folder = mkdtempSync(join(tmpdir(), 'symphony-detection-'))
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

const PRICE_USD = 2

/** Two that are paid for, of which only one may hold memory at a time; and one that is not. */
function asking(answers: Map<string, (answer: string) => void>): WorkflowSpec {
  const ask = (id: string) => ({ id, model: 'asked', cache: false as const, costUsd: PRICE_USD, memoryBytes: 60, input: () => id })
  return { name: 'asking', tasks: [ask('a'), ask('b'), { id: 'own', run: () => new Promise<string>((resolve) => void answers.set('own', resolve)) }] }
}

async function open(answers: Map<string, (answer: string) => void>): Promise<Runtime> {
  const symphony = await createRuntime({
    folder,
    clock,
    turns: virtualTurns(clock),
    workflows: [asking(answers)],
    budgets: [{ tenant: '*', limitUsd: 100 }],
    models: [{ id: 'asked', idleMs: 60_000, slotsPerInstance: 4, runner: functionRunner((id) => new Promise<string>((resolve) => void answers.set(id as string, resolve))) }],
  })
  symphony.arbitration.setMemoryLimit(100)
  return symphony
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await settle(1)
}

/** Moves time until something is quarantined. @returns how long that took, ms */
function timeUntilFound(symphony: Runtime, name: SupervisedName): number {
  const from = clock.monotonicMs()
  while (healthOf(symphony, name).status !== 'quarantined' && clock.monotonicMs() - from < 5_000) clock.advance(10)
  return clock.monotonicMs() - from
}

const breaks: readonly { readonly name: SupervisedName; readonly how: string; write(symphony: Runtime): void }[] = [
  { name: 'arbitration', how: 'a request in no state', write: ({ arbitration }) => void ((arbitration as FairArbitrationEngine).region.tables.requestWords.columns.word[3] = 9) },
  { name: 'arbitration', how: 'a count of too many', write: ({ arbitration }) => void ((arbitration as FairArbitrationEngine).region.tables.tenants.columns.running[1]! += 5) },
  { name: 'artifacts', how: 'an address that is not found', write: ({ artifacts }) => void attachRegion(ARTIFACTS_LAYOUT, (artifacts as LocalArtifactStore).region).tables.index.columns.slot.fill(0) },
  { name: 'artifacts', how: 'a change that never ends', write: ({ artifacts }) => void Atomics.add(new Int32Array((artifacts as LocalArtifactStore).region, 0, 16), 5, 1) },
  { name: 'stale', how: 'a link that leads nowhere', write: ({ stale }) => void (stale as RegionStaleManager).region.tables.nodes.columns.next.fill(3, 0, 2) },
]

describe('what is wrong with any of them is found within a second, in place and while others go on', () => {
  for (const { name, how, write } of breaks) {
    it(`${name}: ${how}`, async () => {
      const answers = new Map<string, (answer: string) => void>()
      await using symphony = await open(answers)
      symphony.artifacts.put('something', { name: 'something' })
      symphony.stale.onExpire('thing', () => {})
      symphony.stale.watch({ kind: 'thing', id: 1 }, { ttlMs: 1_000_000 })
      const run = await symphony.conductor.orchestrate(asking(answers), null, { id: 'one' })
      const reader = new EventReader(symphony.events.region.buffer)
      await until(() => answers.size === 2)
      write(symphony)
      expect(timeUntilFound(symphony, name)).toBeLessThanOrEqual(1_000)
      // What ends meanwhile is kept, and what waits goes on waiting.
      answers.get('own')?.('kept')
      await until(() => healthOf(symphony, name).restorations === 1)
      expect(healthOf(symphony, name)).toMatchObject({ status: 'healthy', panics: 1, restorations: 1 })
      expect(symphony.health().status).toBe('healthy')
      await until(() => symphony.dag.progress('one').succeeded === 1)
      // What the other one holds, it still holds.
      expect(answers.size).toBe(2)
      expect(symphony.arbitration.budgets()).toMatchObject([{ spentUsd: 0, reservedUsd: PRICE_USD }])
      answers.get('a')?.('first')
      await until(() => answers.has('b'))
      answers.get('b')?.('second')
      expect(await run.result()).toEqual({ a: 'first', b: 'second', own: 'kept' })
      expect(symphony.arbitration.budgets()).toMatchObject([{ spentUsd: 2 * PRICE_USD, reservedUsd: 0 }])
      expect(symphony.conductor.metrics()).toMatchObject({ invoked: 3, late: 0, retried: 0, inFlight: 0 })
      expect(symphony.artifacts.getText(symphony.artifacts.latest('something') as never)).toBe('something')
      const told: (readonly number[])[] = []
      reader.read(({ type, subject, a, b }) => {
        if (type === EVENTS.HEALTH_CHANGED && subject === COMPONENT_IDS[name]) told.push([a, b])
      })
      expect(told).toEqual([[0, 1], [1, 0]])
      expect((symphony[name] as unknown as Supervised).checkInvariants(1)).toBeUndefined()
    })
  }

  it('who cannot be taken into a line that is broken is not offered to it again until it is whole, also where time stands still', async () => {
    const answers = new Map<string, (answer: string) => void>()
    await using symphony = await open(answers)
    let offered = 0
    symphony.swapBackend('arbitration', (own: object) => ({ ...own, enqueue: () => {
      offered++
      throw new Error('no')
    } }))
    const run = await symphony.conductor.orchestrate(asking(answers), null, { id: 'one' })
    for (const id of ['a', 'b', 'own']) {
      await until(() => answers.has(id))
      answers.get(id)?.(id)
    }
    expect(await run.result()).toEqual({ a: 'a', b: 'b', own: 'own' })
    expect([offered, healthOf(symphony, 'arbitration').restorations]).toEqual([1, 1])
  })

  it('an idle instance is unloaded once, whatever becomes of the stale manager', async () => {
    const answers = new Map<string, (answer: string) => void>()
    await using symphony = await open(answers)
    const stale = symphony.stale as RegionStaleManager
    const cooled: string[] = []
    const reader = new EventReader(symphony.events.region.buffer)
    symphony.swapBackend('stale', (own: object) => new Proxy(own, { get: (target, key) => (key === 'add' ? () => { throw new Error('no') } : (target[key as keyof object] as () => void).bind(target)) }))
    const run = await symphony.conductor.orchestrate(asking(answers), null, { id: 'one' })
    for (const id of ['own', 'a', 'b']) {
      await until(() => answers.has(id))
      answers.get(id)?.('x')
    }
    await run.result()
    await until(() => healthOf(symphony, 'stale').restorations === 1)
    stale.quarantine('a test says so')
    await until(() => healthOf(symphony, 'stale').restorations === 2)
    clock.advance(60_000)
    await settle()
    reader.read(({ type, a, b }) => {
      if (type === EVENTS.INSTANCE_TRANSITION && b === symphony.pool.modelNumber('asked')) cooled.push(`${a & 15}`)
    })
    expect(symphony.pool.inspect('asked').instances.map(({ state }) => state)).toEqual(['cold'])
    expect(cooled.length).toBe(4)
  })

  it('without a folder there is nothing to rebuild an engine or a store from: whoever waits is told', async () => {
    for (const name of ['arbitration', 'artifacts'] as const) {
      const symphony = await createRuntime({ clock, turns: virtualTurns(clock) })
      const run = await symphony.conductor.orchestrate({ name: 'waits', tasks: [{ id: 'waits', waitFor: 'ever' }] })
      const result = run.result()
      ;(symphony[name] as unknown as Supervised).quarantine('a test says so')
      await expect(result).rejects.toMatchObject({ code: 'BACKEND_PANIC', retryable: false, message: expect.stringContaining('folder') })
      await symphony.close()
    }
  })
})
