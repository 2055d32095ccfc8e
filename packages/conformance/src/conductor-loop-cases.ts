import type { Conductor } from '@symphony/interface'
import { made } from './conductor-stage.ts'
import { equal, ok, rejects, same } from './expectations.ts'
import type { Case } from './suite.ts'

/** How the loop behaves as a whole: what it records, what it notices, and how it stops. */
export const loopCases: readonly Case<Conductor>[] = [
  {
    name: 'records of each choice what was seen, the alternatives, and the probability a policy states',
    async run(make) {
      const { conductor, settle } = await made(make, {
        policy: { name: 'dice', score: ({ count, scores, propensities }: { count: number; scores: Float64Array; propensities: Float64Array }) => {
          for (let index = 0; index < count; index++) scores[index] = index
          propensities.fill(1 / count, 0, count)
        } },
      })
      await conductor.orchestrate({ name: 'dice', tasks: ['a', 'b', 'c', 'd'].map((id, index) => ({ id, expectedMs: 10 * (index + 1), run: () => 1 })) }, null, { priority: 3 })
      await settle()
      const decisions = conductor.decisions(10)
      equal(decisions.length, 4)
      equal(new Set(decisions.map(({ batch }) => batch)).size, 1)
      equal(new Set(decisions.map(({ task }) => task)).size, 4)
      for (const { alternatives, propensity, policy, seen } of decisions) same([alternatives, propensity, policy, seen.priority, seen.runTasksOpen], [4, 0.25, 'dice', 3, 4])
      same(decisions.map(({ seen }) => seen.rankMs).sort((a, b) => a - b), [10, 20, 30, 40])
    },
  },
  {
    name: 'names a task that holds the thread',
    async run(make) {
      const { conductor, clock, settle } = await made(make)
      await conductor.orchestrate({ name: 'heavy', tasks: [{ id: 'light', run: () => 1 }, { id: 'crunch', run: () => clock.advance(400) }] }, null, { id: 'r1' })
      await settle()
      const [found, ...more] = conductor.metrics().blocked
      equal(more.length, 0)
      same([found?.runId, found?.task, found?.types, found?.tookMs], ['r1', 'crunch', ['crunch'], 400])
    },
  },
  {
    name: 'finds a task that holds the thread among many that do not',
    async run(make) {
      const { conductor, clock, settle } = await made(make)
      const slow = new Set([700, 900])
      const type = { name: 'part', run: ({ params }: { params: unknown }) => void (slow.has(params as number) && clock.advance(400)) }
      await conductor.orchestrate({ name: 'many', types: [type], tasks: Array.from({ length: 1000 }, (_, params) => ({ id: `t${params}`, type: 'part', params })) })
      await settle()
      const { blocked } = conductor.metrics()
      ok(blocked.length > 0, 'it is told')
      for (const { types, tookMs } of blocked) {
        same(types, ['part'])
        ok(tookMs >= 400, 'with how long it took')
      }
    },
  },
  {
    name: 'drains: what runs ends, nothing begins, and everything goes on afterwards',
    async run(make) {
      const { conductor, clock, settle } = await made(make)
      const gate = Promise.withResolvers<void>()
      const begun: string[] = []
      const handle = await conductor.orchestrate({ name: 'drain', output: 'b', tasks: [{ id: 'a', run: () => (begun.push('a'), gate.promise) }, { id: 'b', needs: ['a'], run: () => (begun.push('b'), 'done') }] })
      await settle()
      let isDrained = false
      const drained = conductor.drain().then(() => (isDrained = true))
      const limited = conductor.drain({ timeoutMs: 10 })
      await settle()
      equal(isDrained, false)
      clock.advance(10)
      await rejects('TIMEOUT', limited)
      gate.resolve()
      await settle()
      equal(isDrained, true)
      await drained
      same(begun, ['a'])
      equal(handle.state().state, 'running')
      const meanwhile = await conductor.orchestrate({ name: 'meanwhile', output: 'x', tasks: [{ id: 'x', run: () => 1 }] })
      await settle()
      equal(meanwhile.state().state, 'running')
      conductor.resume()
      equal(await handle.result(), 'done')
      equal(await meanwhile.result(), 1)
    },
  },
  {
    name: 'runs no more tasks of a key at once than it says, over all runs',
    async run(make) {
      const { conductor, clock, settle } = await made(make)
      const now = new Map<string, number>()
      const most = new Map<string, number>()
      const call = async (key: string, fails: boolean): Promise<void> => {
        now.set(key, (now.get(key) ?? 0) + 1)
        most.set(key, Math.max(most.get(key) ?? 0, now.get(key) ?? 0))
        await new Promise<void>((resolve) => clock.schedule(10, resolve))
        now.set(key, (now.get(key) ?? 0) - 1)
        if (fails) throw new Error('no')
      }
      const type = {
        name: 'call',
        allowFailure: true,
        concurrency: { max: 2, key: ({ params }: { params: unknown }) => `customer ${String(params).at(0)}` },
        run: ({ params }: { params: unknown }) => call(String(params).at(0) as string, params === 'a3'),
      }
      const tasks = ['a1', 'a2', 'a3', 'a4', 'a5', 'b1', 'b2', 'b3'].map((id) => ({ id, type: 'call', params: id }))
      const handles = [await conductor.orchestrate({ name: 'keyed', types: [type], tasks }), await conductor.orchestrate({ name: 'keyed', types: [type], tasks })]
      const cancelled = await conductor.orchestrate({ name: 'keyed', types: [type], tasks })
      await settle()
      cancelled.cancel()
      for (let step = 0; step < 10; step++) {
        await settle()
        clock.advance(10)
      }
      await settle()
      same(handles.map((handle) => handle.state().state), ['succeeded', 'succeeded'])
      same([most.get('a'), most.get('b')], [2, 2])
    },
  },
]
