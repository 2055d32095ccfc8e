import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { createDagTracker } from '@symphony/dag'
import type { RegionDagTracker } from '@symphony/dag'
import type { CommandLog, Lsn, WorkflowSpec } from '@symphony/interface'
import { VirtualClock } from '@symphony/ports'
import { describe, expect, it } from 'vitest'
import { liveThroughManaged, managedSpecs } from './golden/managed-scenario.ts'
import { goldenSpec, liveThroughGolden } from './golden/scenario.ts'
import { golden2Spec, liveThroughGolden2 } from './golden/scenario-2.ts'
import { RecordedLog } from './recorded-log.ts'

/** The command from which on freed ranges of rows are merged. */
const MERGING = 20

type Commands = readonly (readonly [type: number, body: string])[]

interface Golden {
  readonly commands: Commands
  /** Of the state, in the format of snapshots there is now. */
  readonly digest: string
  /** In the format of its time; left out where it would be large. */
  readonly snapshot?: string
}

interface Case {
  readonly name: string
  /** Logs that were written differently then. They are read for ever, so they are replayed in place of being lived through. */
  readonly isFormer?: boolean
  readonly live: (log: CommandLog) => RegionDagTracker
  readonly workflows: readonly WorkflowSpec[]
  /** Commands that came with it. */
  readonly types: readonly number[]
}

const cases: readonly Case[] = [
  // Every command but dropping a definition.
  { name: 'v1', isFormer: true, live: liveThroughGolden, workflows: [goldenSpec], types: [1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15] },
  { name: 'v2', isFormer: true, live: liveThroughGolden2, workflows: [golden2Spec], types: [16, 17, 18, 19] },
  { name: 'managed-v1', isFormer: true, live: liveThroughManaged, workflows: managedSpecs, types: [30, 31, 32, 33, 34, 35, 36, 37, 38, 39] },
  // With a snapshot of its time, which was the second format.
  { name: 'managed-v2', isFormer: true, live: liveThroughManaged, workflows: managedSpecs, types: [] },
  // The same lives with freed ranges of rows merged.
  { name: 'v3', live: liveThroughGolden, workflows: [goldenSpec], types: [1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 20] },
  { name: 'v3-choices', live: liveThroughGolden2, workflows: [golden2Spec], types: [16, 17, 18, 19] },
  { name: 'v3-managed', live: liveThroughManaged, workflows: managedSpecs, types: [30, 31, 32, 33, 34, 35, 36, 37, 38, 39] },
]

const inBase64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')
const asText = (log: RecordedLog): Commands => log.commands.map(({ type, body }) => [type, inBase64(body)] as const)
/** What is large is kept by its hash: it would be a megabyte of nothing. */
const short = (commands: Commands): Commands => commands.map(([type, body]) => [type, body.length <= 4096 ? body : createHash('sha256').update(body).digest('hex')])

/** What is kept by its hash only is what is written today. */
function whole(commands: Commands, written: Commands): Commands {
  const bodies = new Map(written.map(([, body]) => [createHash('sha256').update(body).digest('hex'), body]))
  return commands.map(([type, body]) => [type, bodies.get(body) ?? body])
}

function replay(commands: Commands, next: RegionDagTracker): RegionDagTracker {
  commands.forEach(([type, body], index) => next.applyCommand(type, new Uint8Array(Buffer.from(body, 'base64')), (index + 1) as Lsn))
  next.afterRecovery()
  return next
}

const trackerOf = ({ workflows }: Case, log?: CommandLog): RegionDagTracker =>
  createDagTracker({ tasksMax: 32768, edgesMax: 16384, runsMax: 32, workflows }, { log, clock: new VirtualClock() })

/**
 * A file is written once, for a new format, by hand: the old ones have to be read for ever. Only its digest is written anew, when
 * snapshots get another format.
 */
function goldenOf(one: Case, tracker: RegionDagTracker, written: Commands): Golden {
  const { name } = one
  const file = new URL(`golden/${name}.json`, import.meta.url)
  const read = (): Golden => JSON.parse(readFileSync(file, 'utf8')) as Golden
  const wish = process.env['DAG_WRITE_GOLDEN']
  if (wish === name && one.isFormer !== true) writeFileSync(file, `${JSON.stringify({ digest: tracker.stateDigest(), commands: short(written) }, undefined, 1)}\n`)
  if (wish === `${name} digest`) {
    const digest = one.isFormer === true ? replay(whole(read().commands, written), trackerOf(one)).stateDigest() : tracker.stateDigest()
    writeFileSync(file, `${JSON.stringify({ ...read(), digest }, undefined, 1)}\n`)
  }
  return read()
}

/** Everything runs tell about themselves. */
function told(tracker: RegionDagTracker): unknown {
  const runs = tracker.runs().map((id) => [
    { ...tracker.getWorkflowState(id), progress: { ...tracker.progress(id), remainingMs: 0 } },
    tracker.tasks(id), tracker.attributes(id), tracker.childrenOf(id), tracker.parentOf(id),
  ])
  return [runs, tracker.schedules(), tracker.nextDueMs()]
}

describe.each(cases)('what was written as $name', (one) => {
  const fresh = (): RegionDagTracker => trackerOf(one)
  const log = new RecordedLog()
  const tracker = one.live(log)
  const written = asText(log)
  const golden = goldenOf(one, tracker, written)
  const replayed = (): RegionDagTracker => replay(whole(golden.commands, written), fresh())

  it.runIf(one.isFormer !== true)('is written the same way today', () => {
    expect(short(written)).toEqual(golden.commands)
    expect(tracker.stateDigest()).toBe(golden.digest)
  })

  it('is replayed to the state it had', () => {
    expect(replayed().stateDigest()).toBe(golden.digest)
  })

  it('is restored from a snapshot of today to the same bytes', () => {
    const restored = fresh()
    restored.restore(replayed().snapshot())
    restored.afterRecovery()
    expect(restored.stateDigest()).toBe(golden.digest)
  })

  it('goes on from there, and what it logs then is replayed behind what was there', () => {
    const more = new RecordedLog()
    const next = replay(whole(golden.commands, written), trackerOf(one, more))
    const restored = fresh()
    restored.restore(next.snapshot())
    const [spec] = one.workflows as readonly [WorkflowSpec]
    for (const id of next.runs()) next.cancelWorkflow(id)
    next.forgetRun(next.runs()[0] as string)
    for (const id of ['new', 'newer']) next.startWorkflow(spec, { id })
    goOn(next)
    expect(more.replayInto(replayed()).stateDigest()).toBe(next.stateDigest())
    expect(more.replayInto(restored).stateDigest()).toBe(next.stateDigest())
    expect(more.commands.filter(({ type }) => type === MERGING)).toHaveLength(one.isFormer === true ? 1 : 0)
  })

  it.runIf(golden.snapshot !== undefined)('is restored from its own snapshot, to a tracker that tells the same and goes on the same way', () => {
    const restored = fresh()
    restored.restore(new Uint8Array(Buffer.from(golden.snapshot as string, 'base64')))
    restored.afterRecovery()
    const other = log.replayInto(fresh())
    other.afterRecovery()
    expect(told(restored)).toEqual(told(other))
    for (const each of [restored, other]) goOn(each)
    expect(states(restored)).toEqual(states(other))
  })

  it('has every command it is about', () => {
    const written = new Set(golden.commands.map(([type]) => type))
    expect(one.types.filter((type) => !written.has(type))).toEqual([])
  })
})

/** Ends whatever can be ended from outside. */
function goOn(tracker: RegionDagTracker): void {
  for (let round = 0; round < 8; round++) {
    for (const id of tracker.runs()) {
      // A run that ends may have an older one forgotten.
      if (tracker.findRun(id) === undefined) continue
      tracker.signalWorkflow(id, 'approved')
      for (const { id: task } of tracker.tasks(id, { state: 'ready' })) tracker.completeTask(tracker.taskRow(id, task), {})
    }
  }
}

function states(tracker: RegionDagTracker): readonly string[] {
  return tracker.runs().flatMap((id) => tracker.tasks(id).map((task) => `${id} ${task.id} ${task.state}`))
}
