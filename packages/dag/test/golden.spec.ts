import { readFileSync, writeFileSync } from 'node:fs'
import { createDagTracker } from '@symphony/dag'
import type { Lsn } from '@symphony/interface'
import { describe, expect, it } from 'vitest'
import { goldenSpec, liveThroughGolden } from './golden/scenario.ts'
import { RecordedLog } from './recorded-log.ts'

interface Golden {
  readonly commands: readonly (readonly [type: number, body: string])[]
  readonly digest: string
  readonly snapshot: string
}

const file = new URL('golden/v1.json', import.meta.url)

/** A new file is only written for a new format, by hand: the old ones have to be read for ever. */
if (process.env['DAG_WRITE_GOLDEN'] === '1') {
  const log = new RecordedLog()
  const tracker = liveThroughGolden(log)
  const commands = log.commands.map(({ type, body }) => [type, Buffer.from(body).toString('base64')] as const)
  writeFileSync(file, `${JSON.stringify({ digest: tracker.stateDigest(), commands, snapshot: Buffer.from(tracker.snapshot()).toString('base64') }, undefined, 1)}\n`)
}

const golden = JSON.parse(readFileSync(file, 'utf8')) as Golden
const fresh = (): ReturnType<typeof createDagTracker> => createDagTracker({ tasksMax: 256, edgesMax: 256, runsMax: 16, workflows: [goldenSpec] })

describe('what version 1 wrote', () => {
  it('is replayed to the state it had', () => {
    const tracker = fresh()
    golden.commands.forEach(([type, body], index) => tracker.applyCommand(type, new Uint8Array(Buffer.from(body, 'base64')), (index + 1) as Lsn))
    tracker.afterRecovery()
    expect(tracker.stateDigest()).toBe(golden.digest)
    expect(tracker.getWorkflowState('first').state).toBe('running')
  })

  it('is restored from its snapshot', () => {
    const tracker = fresh()
    tracker.restore(new Uint8Array(Buffer.from(golden.snapshot, 'base64')))
    tracker.afterRecovery()
    expect(tracker.stateDigest()).toBe(golden.digest)
  })

  it('is written the same way today', () => {
    const log = new RecordedLog()
    expect(liveThroughGolden(log).stateDigest()).toBe(golden.digest)
    expect(log.commands.map(({ type, body }) => [type, Buffer.from(body).toString('base64')])).toEqual(golden.commands)
  })

  it('has every command but dropping a definition', () => {
    expect([...new Set(golden.commands.map(([type]) => type))].sort((a, b) => a - b)).toEqual([1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15])
  })
})
