import { afterAll, describe, expect, it } from 'vitest'
import { runSeed } from './suite.ts'

const SEEDS = 2000
const AT_ONCE = 100
/** What has to have happened so often, over all seeds. */
const EACH = 100
const KINDS = [
  'lost-write', 'reordered-write', 'torn-write', 'lost-name', 'failing-write-once', 'failing-write-for-ever', 'failing-sync-once', 'failing-sync-for-ever',
  'full-disk-once', 'full-disk-for-ever', 'partial-write', 'slow-operation', 'crash-before', 'crash-within', 'crash-after', 'kill', 'power-cut',
  'call-fails', 'call-fails-after', 'call-hangs', 'call-late', 'call-slow', 'call-twice', 'life-died', 'life-refused', 'run-quarantined', 'state-from-log', 'state-from-checkpoint-and-log',
]

// Errors are part of what is simulated: where they come from costs more than what they say.
Error.stackTraceLimit = 0

describe(`${SEEDS} seeds of the whole kernel`, () => {
  const total: Record<string, number> = {}
  let seeds = 0

  for (let from = 1; from <= SEEDS; from += AT_ONCE) {
    it(`${from} to ${from + AT_ONCE - 1}: nothing acknowledged is lost, nothing runs twice, everything ends`, { timeout: 600_000 }, async () => {
      for (let seed = from; seed < from + AT_ONCE; seed++) {
        for (const [kind, count] of Object.entries(await runSeed(seed))) total[kind] = (total[kind] ?? 0) + count
        seeds++
      }
    })
  }

  it('met every kind of fault', () => {
    // Of a part of the seeds there is nothing to tell.
    if (seeds < SEEDS) return
    expect(KINDS.filter((kind) => (total[kind] ?? 0) < EACH).map((kind) => `${kind}: ${total[kind] ?? 0}`)).toEqual([])
  })

  afterAll(() => console.log(`${seeds} seeds of the kernel: ${Object.entries(total).map(([kind, count]) => `${kind} ${count}`).join(', ')}`))
})
