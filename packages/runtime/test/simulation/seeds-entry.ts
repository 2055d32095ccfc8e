// A worker thread of the test of many seeds: see there.
import { parentPort, workerData } from 'node:worker_threads'
import { runSeed } from './suite.ts'

// Errors are part of what is simulated: where they come from costs more than what they say.
Error.stackTraceLimit = 0

const { from, to } = workerData as { readonly from: number; readonly to: number }
const total: Record<string, number> = {}
for (let seed = from; seed <= to; seed++) {
  for (const [kind, count] of Object.entries(await runSeed(seed))) total[kind] = (total[kind] ?? 0) + count
}
parentPort?.postMessage(total)
