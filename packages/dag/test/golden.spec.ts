import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { createDagTracker } from '@symphony/dag'
import type { RegionDagTracker } from '@symphony/dag'
import type { CommandLog, Lsn, WorkflowSpec } from '@symphony/interface'
import { describe, expect, it } from 'vitest'
import { goldenSpec, liveThroughGolden } from './golden/scenario.ts'
import { golden2Spec, liveThroughGolden2 } from './golden/scenario-2.ts'
import { RecordedLog } from './recorded-log.ts'

interface Golden {
  readonly commands: readonly (readonly [type: number, body: string])[]
  readonly digest: string
  readonly snapshot: string
}

const fileOf = (version: number): URL => new URL(`golden/v${version}.json`, import.meta.url)
const asText = (log: RecordedLog): readonly (readonly [number, string])[] => log.commands.map(({ type, body }) => [type, Buffer.from(body).toString('base64')] as const)
/** What is large is kept by its hash: it would be a megabyte of nothing. */
const short = (text: string): string => (text.length <= 4096 ? text : createHash('sha256').update(text).digest('hex'))

/** A new file is only written for a new format, by hand: the old ones have to be read for ever. */
if (process.env['DAG_WRITE_GOLDEN'] === '2') {
  const log = new RecordedLog()
  const tracker = liveThroughGolden2(log)
  const commands = asText(log).map(([type, body]) => [type, short(body)] as const)
  const written = { digest: tracker.stateDigest(), commands }
  writeFileSync(fileOf(2), `${JSON.stringify(written, undefined, 1)}\n`)
}

function read(version: number): Golden {
  return JSON.parse(readFileSync(fileOf(version), 'utf8')) as Golden
}

function fresh(spec: WorkflowSpec): RegionDagTracker {
  return createDagTracker({ tasksMax: 32768, edgesMax: 16384, runsMax: 16, workflows: [spec] })
}

function live(scenario: (log: CommandLog) => RegionDagTracker): { readonly log: RecordedLog; readonly tracker: RegionDagTracker } {
  const log = new RecordedLog()
  return { log, tracker: scenario(log) }
}

/** Everything runs tell about themselves. */
function told(tracker: RegionDagTracker): unknown {
  return tracker.runs().map((id) => [{ ...tracker.getWorkflowState(id), progress: { ...tracker.progress(id), remainingMs: 0 } }, tracker.tasks(id)])
}

describe('what version 1 wrote', () => {
  const golden = read(1)

  it('is replayed to the state it had', () => {
    const tracker = fresh(goldenSpec)
    golden.commands.forEach(([type, body], index) => tracker.applyCommand(type, new Uint8Array(Buffer.from(body, 'base64')), (index + 1) as Lsn))
    tracker.afterRecovery()
    expect(tracker.stateDigest()).toBe(live(liveThroughGolden).tracker.stateDigest())
    expect(tracker.getWorkflowState('first').state).toBe('running')
  })

  it('is restored from its snapshot, to a tracker that goes on the same way', () => {
    const tracker = fresh(goldenSpec)
    tracker.restore(new Uint8Array(Buffer.from(golden.snapshot, 'base64')))
    tracker.afterRecovery()
    const other = live(liveThroughGolden).tracker
    expect(told(tracker)).toEqual(told(other))
    for (const one of [tracker, other]) {
      one.signalWorkflow('first', 'approved')
      one.completeTask(one.taskRow('first', 'ship'), {}, undefined)
    }
    const ends = (one: RegionDagTracker): readonly string[] => one.tasks('first').map(({ id, state }) => `${id} ${state}`)
    expect(ends(tracker)).toEqual(ends(other))
  })

  it('is written the same way today', () => {
    expect(asText(live(liveThroughGolden).log)).toEqual(golden.commands)
  })

  it('has every command but dropping a definition', () => {
    expect([...new Set(golden.commands.map(([type]) => type))].sort((a, b) => a - b)).toEqual([1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15])
  })
})

describe('what version 2 wrote', () => {
  const golden = read(2)

  it('is written the same way today, and replayed to the state it had', () => {
    const { log, tracker } = live(liveThroughGolden2)
    expect(asText(log).map(([type, body]) => [type, short(body)])).toEqual(golden.commands)
    expect(tracker.stateDigest()).toBe(golden.digest)
    const next = log.replayInto(fresh(golden2Spec))
    next.afterRecovery()
    expect(next.stateDigest()).toBe(golden.digest)
    const restored = fresh(golden2Spec)
    restored.restore(tracker.snapshot())
    expect(restored.stateDigest()).toBe(golden.digest)
    expect(told(restored)).toEqual(told(next))
  })

  it('has the commands that came with it', () => {
    const types = new Set(golden.commands.map(([type]) => type))
    for (const type of [16, 17, 18, 19]) expect(types).toContain(type)
  })
})
