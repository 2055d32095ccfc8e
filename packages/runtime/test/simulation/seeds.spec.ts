import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { threadFlags } from '@symphony/ports'
import { afterAll, describe, expect, it } from 'vitest'

const SEEDS = 2000
/** By one thread: what waits for other threads in a process that has died is kept for as long as the thread lives. */
const AT_ONCE = 200
/** What has to have happened so often, over all seeds. */
const EACH = 100
const KINDS = [
  'lost-write', 'reordered-write', 'torn-write', 'lost-name', 'failing-write-once', 'failing-write-for-ever', 'failing-sync-once', 'failing-sync-for-ever',
  'full-disk-once', 'full-disk-for-ever', 'partial-write', 'slow-operation', 'crash-before', 'crash-within', 'crash-after', 'kill', 'power-cut',
  'misdirected-write', 'bit-rot', 'spoilt-refused', 'spoilt-checkpoint', 'spoilt-content',
  'clock-back', 'clock-forward', 'standstill', 'model-dies', 'model-hangs', 'panic-dag', 'panic-pool',
  'call-fails', 'call-fails-after', 'call-hangs', 'call-late', 'call-slow', 'call-twice', 'life-died', 'life-refused', 'run-quarantined', 'state-from-log', 'state-from-checkpoint-and-log',
]

describe(`${SEEDS} seeds of the whole kernel`, () => {
  const total: Record<string, number> = {}
  let seeds = 0

  for (let from = 1; from <= SEEDS; from += AT_ONCE) {
    it(`${from} to ${from + AT_ONCE - 1}: nothing acknowledged is lost, nothing runs twice, everything ends`, { timeout: 600_000 }, async () => {
      for (const [kind, count] of Object.entries(await runSeeds(from, from + AT_ONCE - 1))) total[kind] = (total[kind] ?? 0) + count
      seeds += AT_ONCE
    })
  }

  it('met every kind of fault', () => {
    // Of a part of the seeds there is nothing to tell.
    if (seeds < SEEDS) return
    expect(KINDS.filter((kind) => (total[kind] ?? 0) < EACH).map((kind) => `${kind}: ${total[kind] ?? 0}`)).toEqual([])
  })

  afterAll(() => console.log(`${seeds} seeds of the kernel: ${Object.entries(total).map(([kind, count]) => `${kind} ${count}`).join(', ')}`))
})

async function runSeeds(from: number, to: number): Promise<Readonly<Record<string, number>>> {
  const thread = new Worker(new URL('./seeds-entry.ts', import.meta.url), { workerData: { from, to }, ...threadFlags() })
  try {
    const [counts] = (await once(thread, 'message')) as [Readonly<Record<string, number>>]
    return counts
  } finally {
    await thread.terminate()
  }
}
