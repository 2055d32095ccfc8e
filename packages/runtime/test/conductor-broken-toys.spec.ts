import { describe, expect, it } from 'vitest'
import { createConductor } from '@symphony/conductor'
import type { ConductorPorts } from '@symphony/conductor'
import { conductorSuite, judge } from '@symphony/conformance'
import type { ArtifactRef, Lease } from '@symphony/interface'
import { functionRunner } from '@symphony/models'
import { VirtualClock } from '@symphony/ports'
import { createRuntime } from '@symphony/runtime'
import type { RuntimeConfig } from '@symphony/runtime'

/** A neighbour with some of its calls replaced: what a conductor that does them wrongly would look like. */
function broken<T extends object>(target: T, calls: Partial<Record<keyof T, unknown>>): T {
  return new Proxy(target, {
    get(_, key) {
      const replaced = calls[key as keyof T]
      const value = replaced ?? Reflect.get(target, key, target)
      return typeof value === 'function' && replaced === undefined ? value.bind(target) : value
    },
  })
}

/** Each toy, and a case that has to catch it. */
const toys: readonly { readonly name: string; readonly caughtBy: string; bend(ports: ConductorPorts): ConductorPorts }[] = [
  {
    name: 'forgets what a task adds',
    caughtBy: 'joins a wide fan-out that a task adds at run time',
    bend: (ports) => ({ ...ports, dag: broken(ports.dag, { completeTask: (...[task, result, token]: Parameters<typeof ports.dag.completeTask>) => {
      const { expansion: _, ...rest } = result ?? {}
      return ports.dag.completeTask(task, rest, token)
    } }) }),
  },
  {
    name: 'remembers nothing',
    caughtBy: 'recalls an equal task instead of running it, and what it added',
    bend: (ports) => ({ ...ports, artifacts: broken(ports.artifacts, { recall: () => undefined }) }),
  },
  {
    name: 'loses what was streamed',
    caughtBy: 'takes what a task stored itself for its output, and lets the next one read it in chunks',
    bend: (ports) => ({ ...ports, artifacts: broken(ports.artifacts, { putStream: async () => ports.artifacts.put('') }) }),
  },
  {
    name: 'asks the policy and does not listen',
    caughtBy: 'takes the task its policy scores highest first',
    bend: (ports) => ({ ...ports, arbitration: broken(ports.arbitration, { submit: (request: object) => ports.arbitration.submit({ ...request, score: 0 } as never) }) }),
  },
  {
    name: 'never tries again',
    caughtBy: 'tries again after the wait its policy says, under the same idempotency key',
    bend: (ports) => ({ ...ports, dag: broken(ports.dag, { failTask: (...[task, error, options]: Parameters<typeof ports.dag.failTask>) => {
      const { retryAtMs: _, ...rest } = options ?? {}
      return ports.dag.failTask(task, error, rest)
    } }) }),
  },
  {
    name: 'keeps its leases',
    caughtBy: 'stops a cancelled run: the signal fires, nothing more starts, the lease is back',
    bend: (ports) => ({ ...ports, pool: broken(ports.pool, { releaseSlots: () => 0, tryAllocateModel: (model: never): Lease | undefined => {
      const lease = ports.pool.tryAllocateModel(model)
      return lease && broken(lease, { release: () => true })
    } }) }),
  },
  {
    name: 'hands an error on as data',
    caughtBy: 'never hands a failure on as data',
    bend: (ports) => ({ ...ports, dag: broken(ports.dag, { needs: (task: never) => ports.dag.needs(task).map((need) => {
      const output: ArtifactRef | undefined = need.error === undefined ? need.output : ports.artifacts.putJson({ ...need.error })
      return { ...need, output }
    }) }) }),
  },
  {
    name: 'looks at no output',
    caughtBy: 'looks at what a task leaves: it leaves what its schema makes of it, or fails with all problems, and nothing after it sees the value',
    bend: (ports) => ({ ...ports, dag: broken(ports.dag, { taskType: (number: number) => {
      const { outputSchema: _, ...type } = ports.dag.taskType(number)
      return type
    } }) }),
  },
  {
    name: 'hears yes whatever is said',
    caughtBy: 'takes no for an answer, and only answers that fit',
    bend: (ports) => ({ ...ports, dag: broken(ports.dag, { rejectSignal: (id: string, name: string) => ports.dag.signalWorkflow(id, name) }) }),
  },
  {
    name: 'hears of no forgetting',
    caughtBy: 'tells how a run ended also when it has been forgotten since, whether anybody had asked or not',
    bend: (ports) => ({ ...ports, dag: broken(ports.dag, { onRunForgotten: () => () => {} }) }),
  },
  {
    name: 'takes whatever is in a row for the same',
    caughtBy: 'starts no run within a run that has ended while the input was made, whatever is in its place now',
    bend: (ports) => ({ ...ports, dag: broken(ports.dag, { findRun: () => ports.dag.findRun('third') }) }),
  },
  {
    name: 'takes any model for granted',
    caughtBy: 'refuses a workflow whose models are unknown, before anything runs',
    bend: (ports) => ({ ...ports, pool: broken(ports.pool, { modelNumber: () => 0 }) }),
  },
]

describe('conductor conformance', () => {
  it.each(toys)('catches a conductor that $name', async ({ bend, caughtBy }) => {
    const only = { ...conductorSuite, cases: conductorSuite.cases.filter((testCase) => testCase.name === caughtBy) }
    const outcomes = await judge(only, {
      supports: { sharedRegion: false, replayable: false, multiThreaded: false, features: { policies: true, resultReuse: true } },
      async create({ models: _, ...options }) {
        const clock = new VirtualClock()
        const { policy, ...rest } = options as RuntimeConfig
        const conductor: RuntimeConfig['conductor'] = (ports) => createConductor(policy === undefined ? {} : { policy }, bend(ports))
        const runtime = await createRuntime({ ...rest, clock, conductor, models: [{ id: 'unused', runner: functionRunner(() => 1) }] })
        const settle = async (): Promise<void> => {
          for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve))
        }
        return { component: runtime.conductor, surroundings: { runtime, clock, settle }, dispose: () => runtime.close() }
      },
    })
    expect(outcomes).toMatchObject([{ name: caughtBy, outcome: 'failed' }])
  })
})
