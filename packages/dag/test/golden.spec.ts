import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { createDagTracker } from '@symphony/dag'
import type { RegionDagTracker } from '@symphony/dag'
import type { CommandLog, Lsn, WorkflowSpec } from '@symphony/interface'
import { describe, expect, it } from 'vitest'
import { liveThroughManaged, managedSpecs } from './golden/managed-scenario.ts'
import { goldenSpec, liveThroughGolden } from './golden/scenario.ts'
import { golden2Spec, liveThroughGolden2 } from './golden/scenario-2.ts'
import { RecordedLog } from './recorded-log.ts'

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
  readonly live: (log: CommandLog) => RegionDagTracker
  readonly workflows: readonly WorkflowSpec[]
  /** Commands that came with it. */
  readonly types: readonly number[]
}

const cases: readonly Case[] = [
  // Every command but dropping a definition.
  { name: 'v1', live: liveThroughGolden, workflows: [goldenSpec], types: [1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15] },
  { name: 'v2', live: liveThroughGolden2, workflows: [golden2Spec], types: [16, 17, 18, 19] },
  { name: 'managed-v1', live: liveThroughManaged, workflows: managedSpecs, types: [30, 31, 32, 33, 34, 35, 36, 37, 38, 39] },
]

const inBase64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')
const asText = (log: RecordedLog): Commands => log.commands.map(({ type, body }) => [type, inBase64(body)] as const)
/** What is large is kept by its hash: it would be a megabyte of nothing. */
const short = (commands: Commands): Commands => commands.map(([type, body]) => [type, body.length <= 4096 ? body : createHash('sha256').update(body).digest('hex')])

/**
 * A file is written once, for a new format, by hand: the old ones have to be read for ever. Only its digest is written anew, when
 * snapshots get another format.
 */
function goldenOf({ name, live }: Case): Golden {
  const file = new URL(`golden/${name}.json`, import.meta.url)
  const wish = process.env['DAG_WRITE_GOLDEN']
  if (wish === name || wish === `${name} digest`) {
    const log = new RecordedLog()
    const digest = live(log).stateDigest()
    const golden = wish === name ? { digest, commands: short(asText(log)) } : { ...(JSON.parse(readFileSync(file, 'utf8')) as Golden), digest }
    writeFileSync(file, `${JSON.stringify(golden, undefined, 1)}\n`)
  }
  return JSON.parse(readFileSync(file, 'utf8')) as Golden
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
  const golden = goldenOf(one)
  const fresh = (): RegionDagTracker => createDagTracker({ tasksMax: 32768, edgesMax: 16384, runsMax: 32, workflows: one.workflows })
  const log = new RecordedLog()
  const tracker = one.live(log)

  it('is written the same way today', () => {
    expect(short(asText(log))).toEqual(golden.commands)
    expect(tracker.stateDigest()).toBe(golden.digest)
  })

  it('is replayed to the state it had', () => {
    // What is kept by its hash only is what is written today.
    const commands = asText(log).map((command, index) => (golden.commands[index]?.[1].length === 64 ? command : (golden.commands[index] as Commands[number])))
    const next = fresh()
    commands.forEach(([type, body], index) => next.applyCommand(type, new Uint8Array(Buffer.from(body, 'base64')), (index + 1) as Lsn))
    next.afterRecovery()
    expect([commands.length, next.stateDigest()]).toEqual([golden.commands.length, golden.digest])
  })

  it('is restored from a snapshot of today to the same bytes', () => {
    const restored = fresh()
    restored.restore(tracker.snapshot())
    restored.afterRecovery()
    expect(restored.stateDigest()).toBe(golden.digest)
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
