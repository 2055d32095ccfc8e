import type { CommandDescription, Lsn, Recoverable } from '@symphony/interface'
import { equal, ok, same } from './expectations.ts'
import type { Case } from './suite.ts'
import type { RecordedCommand } from './recorded-command.ts'

/**
 * Replays commands into a component that knows nothing yet, and checks what is said of each before it is applied: something, in data
 * that can be written as JSON, without any change; and nothing of what cannot be read.
 * @returns the descriptions, in order
 */
export function describeAll(twin: Recoverable, commands: readonly RecordedCommand[]): readonly CommandDescription[] {
  return commands.map(({ type, body }, index) => {
    const before = twin.snapshot()
    const described = twin.describeCommand?.(type, body.slice()) as CommandDescription
    ok(described !== undefined, `command ${index} of type ${type} is described`)
    ok(/^[a-z][a-z0-9-]*$/.test(described.name), `"${described.name}" is a name of a command`)
    same(JSON.parse(JSON.stringify(described)), described)
    for (const length of [0, 1, body.length >> 1]) twin.describeCommand?.(type, body.slice(0, length))
    equal(twin.describeCommand?.(65_535, body), undefined)
    same(twin.snapshot(), before)
    twin.applyCommand(type, body.slice(), (index + 1) as Lsn)
    return described
  })
}

/** The negative: who claims no descriptions has none, rather than wrong ones. */
export function undescribed<T extends Recoverable>(): Case<T> {
  return {
    name: 'who does not claim descriptions offers none',
    without: ['descriptions'],
    async run(make) {
      equal((await make()).component.describeCommand, undefined)
    },
  }
}
