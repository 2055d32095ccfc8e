import { COMMANDS, createDagTracker, RUN_COMMANDS } from '@symphony/dag'
import type { CommandDescription } from '@symphony/interface'
import { VirtualClock } from '@symphony/ports'
import { expect, it } from 'vitest'
import { liveThroughManaged, managedSpecs } from './golden/managed-scenario.ts'
import { goldenSpec, liveThroughGolden } from './golden/scenario.ts'
import { golden2Spec, liveThroughGolden2 } from './golden/scenario-2.ts'
import { RecordedLog } from './recorded-log.ts'

const scenarios = [
  [liveThroughGolden, [goldenSpec]],
  [liveThroughGolden2, [golden2Spec]],
  [liveThroughManaged, managedSpecs],
] as const

it('every command there is is told of in names, and bytes that are none in nothing', () => {
  const seen = new Map<number, CommandDescription[]>()
  for (const [live, workflows] of scenarios) {
    const log = new RecordedLog()
    live(log)
    const twin = createDagTracker({ tasksMax: 32768, edgesMax: 16384, runsMax: 32, workflows }, { clock: new VirtualClock() })
    for (const { type, body, lsn } of log.commands) {
      const described = twin.describeCommand(type, body)
      expect(described, `type ${type}`).toBeDefined()
      expect(JSON.stringify(described).length, `type ${type}`).toBeLessThan(4096)
      seen.set(type, [...(seen.get(type) ?? []), described as CommandDescription])
      for (let length = 0; length < Math.min(body.length, 60); length++) twin.describeCommand(type, body.slice(0, length))
      twin.applyCommand(type, body, lsn)
    }
  }
  const withoutScenario = [COMMANDS.UNDEFINE, COMMANDS.IN_PARTS, RUN_COMMANDS.REJECT]
  const missing = [...Object.values(COMMANDS), ...Object.values(RUN_COMMANDS)].filter((type) => !seen.has(type) && !withoutScenario.includes(type as never))
  expect(missing).toEqual([])
  for (const type of [COMMANDS.START, COMMANDS.COMPLETE, COMMANDS.FAIL, COMMANDS.CANCEL, RUN_COMMANDS.FORK, RUN_COMMANDS.MIGRATE, RUN_COMMANDS.SET_BACK, RUN_COMMANDS.START_WITH]) {
    expect(seen.get(type)?.filter(({ run, fields }) => run === undefined || fields['row'] !== undefined), `type ${type}`).toEqual([])
  }
  for (const type of [COMMANDS.COMPLETE, COMMANDS.FAIL, COMMANDS.SKIP, COMMANDS.WAIT, RUN_COMMANDS.AWAIT_CHILD]) expect(seen.get(type)?.filter(({ task }) => task === undefined), `type ${type}`).toEqual([])
})

it('a row nobody has stays a number', () => {
  const tracker = createDagTracker({ tasksMax: 64, edgesMax: 64, runsMax: 8 })
  const log = new RecordedLog()
  const other = createDagTracker({ tasksMax: 64, edgesMax: 64, runsMax: 8 }, { log })
  for (const id of ['one', 'two']) other.startWorkflow({ name: 'w', tasks: [{ id: 'a', run: () => 1 }] }, { id })
  other.skipTask(other.taskRow('two', 'a'), 'no need')
  const skip = log.commands.at(-1) as RecordedLog['commands'][number]
  for (const { type, body, lsn } of log.commands.slice(0, -2)) tracker.applyCommand(type, body, lsn)
  expect(tracker.describeCommand(skip.type, skip.body)).toEqual({ name: 'skip', fields: { row: other.taskRow('two', 'a'), atMs: expect.any(Number), reason: 'no need' } })
})
