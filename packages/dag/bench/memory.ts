import type { TaskRow } from '@symphony/interface'
import { createDagTracker, defineWorkflow } from '../src/index.ts'

// Memory: what a tracker costs before anything runs, with a million live tasks, and over a million short runs.

// Run it with --expose-gc. The heap in use is what the tracker holds; resident memory also has what the engine keeps for itself.

const usage = (): string => {
  globalThis.gc?.()
  const { heapUsed, rss } = process.memoryUsage()
  return `${((heapUsed - bare.heapUsed) / 1e6).toFixed(1)} MB of heap in use, ${((rss - bare.rss) / 1e6).toFixed(0)} MB resident over bare`
}

globalThis.gc?.()
const bare = process.memoryUsage()
const begun = performance.now()
const tracker = createDagTracker({ keepEndedRuns: 100 })
console.log(`created in ${(performance.now() - begun).toFixed(1)} ms, ${usage()}`)

const short = defineWorkflow('short').task('a', { run: () => 1 }).task('b', { run: () => 1, needs: ['a'] }).task('c', { run: () => 1, needs: ['b'] }).build()
const ready = new Int32Array(64)
for (let index = 0; index <= 1_000_000; index++) {
  if (index === 10_000 || index === 1_000_000) console.log(`after ${index} short runs: ${usage()}`)
  tracker.startWorkflow(short)
  for (let count = tracker.takeReady(ready); count > 0; count = tracker.takeReady(ready)) {
    for (let at = 0; at < count; at++) tracker.completeTask(ready[at] as TaskRow, undefined, tracker.beginTask(ready[at] as TaskRow))
  }
}

const wide = { name: 'wide', types: [{ name: 'x', run: () => 1 }], tasks: Array.from({ length: 1000 }, (_, index) => ({ id: `t${index}`, type: 'x', needs: index < 3 ? [] : [`t${index - 1}`, `t${index - 2}`, `t${index - 3}`] })) }
for (let index = 0; index < 1000; index++) tracker.startWorkflow(wide)
console.log(`with a million live tasks: ${usage()}`)
