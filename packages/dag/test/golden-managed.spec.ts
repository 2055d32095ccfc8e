import { readFileSync, writeFileSync } from 'node:fs'
import { createDagTracker } from '@symphony/dag'
import type { RegionDagTracker } from '@symphony/dag'
import type { CommandLog, Lsn, WorkflowSpec } from '@symphony/interface'
import { describe, expect, it } from 'vitest'
import { liveThroughManaged, managedSpecs } from './golden/managed-scenario.ts'
import { goldenSpec, liveThroughGolden } from './golden/scenario.ts'
import { RecordedLog } from './recorded-log.ts'

interface Golden {
  readonly commands: readonly (readonly [type: number, body: string])[]
  readonly digest: string
  readonly snapshot: string
}

type Live = (log: CommandLog) => RegionDagTracker

/** A new file is only written for a new format, by hand: the old ones have to be read for ever. */
function goldenOf(name: string, live: Live): Golden {
  const file = new URL(`golden/${name}.json`, import.meta.url)
  if (process.env['DAG_WRITE_GOLDEN'] === name) {
    const log = new RecordedLog()
    const tracker = live(log)
    const commands = log.commands.map(({ type, body }) => [type, Buffer.from(body).toString('base64')] as const)
    writeFileSync(file, `${JSON.stringify({ digest: tracker.stateDigest(), commands, snapshot: Buffer.from(tracker.snapshot()).toString('base64') }, undefined, 1)}\n`)
  }
  return JSON.parse(readFileSync(file, 'utf8')) as Golden
}

const cases: readonly (readonly [name: string, live: Live, workflows: readonly WorkflowSpec[], types: readonly number[]])[] = [
  // Every command but dropping a definition.
  ['v1', liveThroughGolden, [goldenSpec], [1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]],
  ['managed-v1', liveThroughManaged, managedSpecs, [30, 31, 32, 33, 34, 35, 36, 37, 38, 39]],
]

describe.each(cases)('what was written as %s', (name, live, workflows, types) => {
  const golden = goldenOf(name, live)
  const fresh = (): RegionDagTracker => createDagTracker({ tasksMax: 256, edgesMax: 256, runsMax: 32, workflows })

  it('is replayed to the state it had', () => {
    const tracker = fresh()
    golden.commands.forEach(([type, body], index) => tracker.applyCommand(type, new Uint8Array(Buffer.from(body, 'base64')), (index + 1) as Lsn))
    tracker.afterRecovery()
    expect(tracker.stateDigest()).toBe(golden.digest)
  })

  it('is restored from its snapshot', () => {
    const tracker = fresh()
    tracker.restore(new Uint8Array(Buffer.from(golden.snapshot, 'base64')))
    tracker.afterRecovery()
    expect(tracker.stateDigest()).toBe(golden.digest)
  })

  it('is written the same way today', () => {
    const log = new RecordedLog()
    expect(live(log).stateDigest()).toBe(golden.digest)
    expect(log.commands.map(({ type, body }) => [type, Buffer.from(body).toString('base64')])).toEqual(golden.commands)
  })

  it('has every command it is about', () => {
    const written = new Set(golden.commands.map(([type]) => type))
    expect(types.filter((type) => !written.has(type))).toEqual([])
  })
})
