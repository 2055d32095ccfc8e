import { createDagTracker } from '@symphony/dag'
import type { TaskRow, TaskSpec } from '@symphony/interface'
import fc from 'fast-check'
import { expect, it } from 'vitest'

interface Shape {
  readonly needs: readonly number[]
  readonly expectedMs: number
}

/** Tasks of which each needs some before it. */
const shapes = fc
  .array(fc.record({ picks: fc.array(fc.nat(), { maxLength: 3 }), expectedMs: fc.integer({ min: 1, max: 100 }) }), { minLength: 1, maxLength: 40 })
  .map((drawn): readonly Shape[] => drawn.map(({ picks, expectedMs }, at) => ({ needs: at === 0 ? [] : [...new Set(picks.map((pick) => pick % at))], expectedMs })))

/** By the definition: the longest way to a task, and the longest way on from it. */
function plainSlack(tasks: readonly Shape[], isOpen: (at: number) => boolean): ReadonlyMap<number, number> {
  const before = (at: number): number => Math.max(0, ...(tasks[at] as Shape).needs.filter(isOpen).map((need) => before(need) + (tasks[need] as Shape).expectedMs))
  const after = (at: number): number => (tasks[at] as Shape).expectedMs + Math.max(0, ...tasks.flatMap(({ needs }, next) => (needs.includes(at) ? [after(next)] : [])))
  const open = tasks.flatMap((_, at) => (isOpen(at) ? [at] : []))
  const longest = Math.max(0, ...open.map((at) => before(at) + after(at)))
  return new Map(open.map((at) => [at, longest - before(at) - after(at)]))
}

it('what a task has to spare is what the plain definition says, at every step of a run', () => {
  fc.assert(
    fc.property(shapes, fc.nat(), (tasks, steps) => {
      const tracker = createDagTracker({ tasksMax: 256 })
      const spec: readonly TaskSpec[] = tasks.map(({ needs, expectedMs }, at) => ({ id: `${at}`, expectedMs, needs: needs.map(String), run: () => at }))
      const id = tracker.startWorkflow({ name: 'w', tasks: spec })
      const done = new Set<number>()
      const into = new Int32Array(1)
      for (let step = steps % (tasks.length + 1); step > 0 && tracker.takeReady(into) > 0; step--) {
        const row = into[0] as TaskRow
        done.add(Number(tracker.task(row).id))
        tracker.beginTask(row)
        tracker.completeTask(row)
      }
      const told = new Map(tracker.slack(id).map(({ task, slackMs }) => [Number(task), slackMs]))
      expect(new Map([...told].sort(([a], [b]) => a - b))).toEqual(plainSlack(tasks, (at) => !done.has(at)))
      void tracker.close()
    }),
    { numRuns: 100 },
  )
})
