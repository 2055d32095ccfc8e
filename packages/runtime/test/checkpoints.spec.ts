import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { placeCheckpoint } from '@symphony/journal'
import type { CheckpointSection, Logger, Lsn, Recoverable, ReplicaSource, Turns } from '@symphony/interface'
import { seededRandom, silentLogger } from '@symphony/ports'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Checkpoints } from '../src/checkpoints.ts'
import { stateAsOf } from '../src/state-as-of.ts'
import { change, closeState, openState, snapshotsOf, sourcesOf, temporaryFolder } from './state-stage.ts'
import type { StateStage } from './state-stage.ts'

let folder: ReturnType<typeof temporaryFolder>
beforeEach(() => {
  folder = temporaryFolder()
})
afterEach(() => folder.remove())

const journalFolder = (): string => join(folder.path, 'journal')

/** What is done between a moment and the checkpoint of it. */
type Store = (journalFolder: string, sections: readonly CheckpointSection[], asOf: Lsn) => Lsn

const properly: Store = (into, sections, asOf) => (placeCheckpoint(into, sections, asOf), asOf)

/** A life in which checkpoints are made of moments that are past when they are. @returns whether everything was as it should be */
async function live(seed: number, store: Store): Promise<boolean> {
  const random = seededRandom(seed)
  const here = temporaryFolder()
  try {
    let stage = await openState(here.path)
    for (let round = 0; round < 6; round++) {
      const changes = (): void => {
        for (let left = Math.floor(random.next() * 60); left > 0; left--) change(stage, random)
      }
      changes()
      const asOf = stage.journal.lastLsn
      const then = snapshotsOf(stage)
      changes()
      await stage.journal.flush()
      const sections = await stateAsOf({ journalFolder: join(here.path, 'journal'), asOf, sources: sourcesOf(stage) })
      if (sections.some(({ bytes }, at) => Buffer.from(bytes).toString('base64') !== then[at])) return false
      changes()
      if (asOf > 0) await stage.journal.adoptCheckpoint(store(join(here.path, 'journal'), sections, asOf))
      changes()
      if (random.next() < 0.6) continue
      const before = snapshotsOf(stage)
      await closeState(stage)
      stage = await openState(here.path)
      if (String(snapshotsOf(stage)) !== String(before)) return false
    }
    const before = snapshotsOf(stage)
    await closeState(stage)
    stage = await openState(here.path)
    const same = String(snapshotsOf(stage)) === String(before)
    await closeState(stage)
    return same
  } finally {
    here.remove()
  }
}

describe('checkpoints out of the log', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('are the state as it was at their record, whatever was done meanwhile, and recovery goes on from them: seed %i', async (seed) => {
    expect(await live(seed, properly)).toBe(true)
  })

  it.each<readonly [string, Store]>([
    ['is dated a record too late', (into, sections, asOf) => properly(into, sections, (asOf + 1) as Lsn)],
    ['is dated some records too early', (into, sections, asOf) => properly(into, sections, Math.max(1, asOf - 5) as Lsn)],
    ['has lost a section', (into, sections, asOf) => properly(into, sections.slice(1), asOf)],
    ['has a section of another moment', (() => {
      let former: CheckpointSection | undefined
      return (into, sections, asOf) => {
        const mixed = [former ?? sections[0] as CheckpointSection, ...sections.slice(1)]
        former = sections[0]
        return properly(into, mixed, asOf)
      }
    })()],
  ])('a checkpoint that %s is noticed', async (_, store) => {
    const noticed: boolean[] = []
    for (let seed = 1; seed <= 6 && !noticed.includes(true); seed++) noticed.push(!(await live(seed, store).catch(() => false)))
    expect(noticed).toContain(true)
  })

  it('are refused of a record that is not in the log, and of a replica nobody can make', async () => {
    const stage = await openState(folder.path)
    change(stage, seededRandom(3))
    await stage.journal.flush()
    const sources = sourcesOf(stage)
    await expect(stateAsOf({ journalFolder: journalFolder(), asOf: 999 as Lsn, sources })).rejects.toMatchObject({ code: 'JOURNAL_CORRUPT' })
    const nobody = sources.map(([component, source]) => [component, { ...source, factory: 'nobody' }] as const)
    await expect(stateAsOf({ journalFolder: journalFolder(), asOf: 1 as Lsn, sources: nobody })).rejects.toMatchObject({ code: 'CAPABILITY_MISSING' })
    await closeState(stage)
  })
})

describe('the checkpoints of a process', () => {
  const turns: Turns = { later: (run) => void queueMicrotask(run) }
  const padding = 'p'.repeat(10_000)

  function checkpointsOf(stage: StateStage, everyBytes: number, logger: Logger = silentLogger, isWell = (): boolean => true): { readonly checkpoints: Checkpoints; readonly copies: () => number } {
    let copies = 0
    const counted = new Map<number, Recoverable>([...stage.parts].map(([component, part]) => [component, new Proxy(part, {
      get(target, key) {
        if (key === 'snapshot') copies++
        const value: unknown = Reflect.get(target, key)
        return typeof value === 'function' ? (value as () => unknown).bind(target) : value
      },
    })]))
    const checkpoints = new Checkpoints(counted, stage.journal, stage.checkpointLsn as Lsn, { journalFolder: journalFolder(), everyBytes, isWell, turns, logger })
    return { checkpoints, copies: () => copies }
  }

  /** More log than a small state comes from. */
  function much(stage: StateStage): void {
    for (let number = 0; number < 200; number++) stage.dag.startWorkflow('mixed', { input: `${number} ${padding}` })
  }

  const files = (): readonly string[] => readdirSync(journalFolder()).filter((name) => name.includes('checkpoint'))

  async function reopened(stage: StateStage): Promise<StateStage> {
    const before = snapshotsOf(stage)
    await closeState(stage)
    const again = await openState(folder.path)
    expect(snapshotsOf(again)).toEqual(before)
    return again
  }

  it('of a small state are copied where it is', async () => {
    const stage = await openState(folder.path)
    const { checkpoints, copies } = checkpointsOf(stage, 1)
    expect(checkpoints.writeIfDue()).toBeUndefined()
    stage.dag.startWorkflow('mixed')
    await stage.journal.flush()
    await checkpoints.writeIfDue()
    expect([copies(), files().length]).toEqual([3, 1])
    await closeState(await reopened(stage))
  })

  it('of a large state are made by another thread while commands go on', async () => {
    const stage = await openState(folder.path, { writer: 'thread', durability: 'group', threadAfterCommits: 0 })
    const { checkpoints, copies } = checkpointsOf(stage, 1)
    much(stage)
    await stage.journal.flush()
    const asOf = stage.journal.lastLsn
    const written = checkpoints.writeIfDue()
    expect(checkpoints.writeIfDue()).toBeUndefined()
    const random = seededRandom(5)
    for (let number = 0; number < 100; number++) change(stage, random)
    await written
    expect(copies()).toBe(0)
    const again = await reopened(stage)
    expect(again.checkpointLsn).toBe(asOf)
    await closeState(again)
  })

  it('are not waited for at the end, which writes one of its own', async () => {
    const stage = await openState(folder.path)
    const { checkpoints, copies } = checkpointsOf(stage, 1)
    much(stage)
    await stage.journal.flush()
    const written = checkpoints.writeIfDue()
    change(stage, seededRandom(1))
    await checkpoints.close()
    await written
    expect(copies()).toBe(3)
    const { lastLsn } = stage.journal
    const again = await reopened(stage)
    expect(again.checkpointLsn).toBe(lastLsn)
    const last = checkpointsOf(again, 1)
    await last.checkpoints.close()
    expect(last.copies()).toBe(0)
    await closeState(again)
  })

  it.each<readonly [string, ReplicaSource | undefined, number]>([
    ['one part has no replica', undefined, 0],
    ['the log gives none', { module: 'data:text/javascript,', factory: 'create', init: null }, 1],
  ])('are copied when %s', async (_, replica, told) => {
    const stage = await openState(folder.path)
    Object.defineProperty(stage.arbitration, 'replica', { value: replica })
    const warnings: string[] = []
    const { checkpoints, copies } = checkpointsOf(stage, 1, { ...silentLogger, warn: (message) => void warnings.push(message) })
    much(stage)
    await stage.journal.flush()
    await checkpoints.writeIfDue()
    expect([copies(), warnings.length]).toEqual([3, told])
    await closeState(await reopened(stage))
  })

  it('are due again after as much log as the state is large', async () => {
    const stage = await openState(folder.path)
    const { checkpoints } = checkpointsOf(stage, 1000)
    much(stage)
    await stage.journal.flush()
    await checkpoints.writeIfDue()
    stage.dag.startWorkflow('mixed', { input: padding })
    await stage.journal.flush()
    expect(checkpoints.writeIfDue()).toBeUndefined()
    for (const _ of [1, 2]) much(stage)
    await stage.journal.flush()
    expect(checkpoints.writeIfDue()).toBeDefined()
    await checkpoints.close()
    await closeState(await reopened(stage))
  })

  it('are written when somebody asks, one after the other, and not twice of the same', async () => {
    const stage = await openState(folder.path)
    const { checkpoints, copies } = checkpointsOf(stage, 1e9)
    stage.dag.startWorkflow('mixed')
    await Promise.all([checkpoints.write(), checkpoints.write()])
    expect([copies(), files().length]).toEqual([3, 1])
    stage.dag.startWorkflow('mixed')
    await checkpoints.write()
    expect([copies(), files().length]).toEqual([6, 2])
    await checkpoints.close()
    await expect(checkpoints.write()).rejects.toMatchObject({ code: 'CLOSED' })
    stage.dag.startWorkflow('mixed')
    await expect(checkpointsOf(stage, 1e9, silentLogger, () => false).checkpoints.write()).rejects.toMatchObject({ code: 'BACKEND_PANIC' })
    await closeState(await reopened(stage))
  })

  it('that fail are told, and not tried again at once', async () => {
    const stage = await openState(folder.path)
    const warnings: string[] = []
    const { checkpoints } = checkpointsOf(stage, 1, { ...silentLogger, warn: (message) => void warnings.push(message) })
    Object.defineProperty(stage.dag, 'snapshot', { value: () => { throw new Error('no memory left') } })
    stage.dag.startWorkflow('mixed')
    await stage.journal.flush()
    await checkpoints.writeIfDue()
    expect(warnings).toEqual(['checkpoint failed; the log goes on'])
    expect(checkpoints.writeIfDue()).toBeUndefined()
    await closeState(stage)
  })
})
