import type { Recoverable, ReplicaSource } from '@symphony/interface'
import { equal, ok, same } from './expectations.ts'
import type { RecordedCommand } from './recorded-command.ts'
import type { Case, Maker } from './suite.ts'

/** A life, one change of state a step. */
export interface Life<T> {
  readonly component: T
  readonly commands: () => readonly RecordedCommand[]
  readonly steps: readonly (() => void)[]
}

/** What another thread would make of a source. */
async function replicaOf(source: ReplicaSource | undefined): Promise<Recoverable> {
  ok(source !== undefined, 'who claims "replica" says how one is made')
  // What crosses to another thread is a copy.
  const { module, factory, init } = structuredClone(source)
  const create = ((await import(module)) as Record<string, unknown>)[factory]
  ok(typeof create === 'function', `${module} exports "${factory}", a function`)
  return create(init) as Recoverable
}

/** Cases of the feature `replica`: what the log makes of a replica is the state itself, whichever checkpoint it begins with. */
export function replicaCases<T extends Recoverable>(live: (make: Maker<T>) => Promise<Life<T>>): readonly Case<T>[] {
  return [
    {
      name: 'a replica told the log gives the same snapshot at every point, from the beginning and from any checkpoint on',
      needs: ['replayable', 'replica'],
      async run(make) {
        const { component, commands, steps } = await live(make)
        const points = [{ snapshot: component.snapshot(), logged: commands().length }]
        for (const step of steps) {
          step()
          points.push({ snapshot: component.snapshot(), logged: commands().length })
        }
        const whole = await replicaOf(component.replica)
        let chained = whole.snapshot()
        let told = 0
        for (const { snapshot, logged } of points) {
          const next = await replicaOf(component.replica)
          next.restore(chained)
          for (const { type, body, lsn } of commands().slice(told, logged)) {
            whole.applyCommand(type, body.slice(), lsn)
            next.applyCommand(type, body.slice(), lsn)
          }
          same(whole.snapshot(), snapshot, `after ${logged} commands, told all of them`)
          chained = next.snapshot()
          same(chained, snapshot, `after ${logged} commands, ${logged - told} of them told to the checkpoint before`)
          told = logged
        }
        ok(told > 0, 'the life has been logged')
      },
    },
    {
      name: 'a component goes on from what its replica made of the log',
      needs: ['replayable', 'replica'],
      async run(make) {
        const { component, commands, steps } = await live(make)
        for (const step of steps) step()
        const replica = await replicaOf(component.replica)
        for (const { type, body, lsn } of commands()) replica.applyCommand(type, body.slice(), lsn)
        const { component: other } = await live(make)
        other.restore(replica.snapshot())
        other.afterRecovery?.()
        same(other.snapshot(), component.snapshot())
      },
    },
    {
      name: 'who does not claim a replica offers none',
      without: ['replica'],
      async run(make) {
        equal((await make()).component.replica, undefined)
      },
    },
  ]
}
