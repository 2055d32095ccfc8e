import { createStaleManager } from '@symphony/stale'
import type { WatchHandle } from '@symphony/interface'

const KIND = 'entry'
const rounds = Number(process.argv[2] ?? 5)

/** Millions of operations a second, median and spread over the rounds after one to warm up. */
function measure(name: string, run: () => { readonly operations: number; readonly elapsedMs: number; readonly longestMs?: number }): void {
  const rates: number[] = []
  const longest: number[] = []
  for (let round = 0; round <= rounds; round++) {
    const result = run()
    if (round > 0) rates.push(result.operations / result.elapsedMs / 1_000)
    if (round > 0 && result.longestMs !== undefined) longest.push(result.longestMs)
  }
  rates.sort((a, b) => a - b)
  const middle = rates[rates.length >> 1] as number
  longest.sort((a, b) => a - b)
  const stall = longest.length === 0 ? '' : `longest slice of a round ${(longest[longest.length >> 1] as number).toFixed(2)} ms (${(longest[0] as number).toFixed(2)} to ${(longest.at(-1) as number).toFixed(2)})`
  console.log(`${name.padEnd(44)} ${middle.toFixed(2)} M/s (${(rates[0] as number).toFixed(2)} to ${(rates.at(-1) as number).toFixed(2)}) ${stall}`)
}

measure('watch + unwatch, by a time to live', () => {
  const stale = createStaleManager()
  stale.onExpire(KIND, () => {})
  const operations = 2_000_000
  const start = performance.now()
  for (let id = 0; id < operations; id++) stale.unwatch(stale.watch({ kind: KIND, id }, { ttlMs: 30_000 }))
  return { operations, elapsedMs: performance.now() - start }
})

measure('watch + unwatch, by a deadline', () => {
  const stale = createStaleManager()
  stale.onExpire(KIND, () => {})
  const operations = 2_000_000
  const start = performance.now()
  const deadlineMs = start + 30_000
  for (let id = 0; id < operations; id++) stale.unwatch(stale.watch({ kind: KIND, id }, { deadlineMs }))
  return { operations, elapsedMs: performance.now() - start }
})

measure('watch + unwatch, 100,000 watched', () => {
  const stale = createStaleManager()
  stale.onExpire(KIND, () => {})
  const handles = new Float64Array(100_000)
  for (let id = 0; id < handles.length; id++) handles[id] = stale.watch({ kind: KIND, id }, { ttlMs: 1_000 + ((id * 7919) % 600_000) })
  const operations = 1_000_000
  const start = performance.now()
  for (let id = 0; id < operations; id++) {
    const at = (id * 7919) % handles.length
    stale.unwatch(handles[at] as WatchHandle)
    handles[at] = stale.watch({ kind: KIND, id }, { ttlMs: 1_000 + ((id * 31) % 600_000) })
  }
  return { operations, elapsedMs: performance.now() - start }
})

measure('touch, 100,000 watched', () => {
  const stale = createStaleManager()
  stale.onExpire(KIND, () => {})
  const handles = new Float64Array(100_000)
  for (let id = 0; id < handles.length; id++) handles[id] = stale.watch({ kind: KIND, id }, { ttlMs: 30_000 })
  const operations = 2_000_000
  const start = performance.now()
  for (let id = 0; id < operations; id++) stale.touch(handles[(id * 7919) % handles.length] as WatchHandle)
  return { operations, elapsedMs: performance.now() - start }
})

for (const [name, ttlMs] of [['all at once', () => 0], ['over a second', (id: number) => (id * 7919) % 1_000]] as const) {
  measure(`1 M entries expire, ${name}, slices of 1 ms`, () => {
    let nowMs = 0
    let isVirtual = true
    // Time stands still while the entries are put in and jumps past all of them; then it is the machine's, to measure slices.
    const clock = { nowMs: () => nowMs, monotonicMs: () => (isVirtual ? nowMs : 10_000 + performance.now()), schedule: () => () => {} }
    const stale = createStaleManager({}, { clock })
    let told = 0
    stale.onExpire(KIND, () => void told++)
    for (let id = 0; id < 1_000_000; id++) stale.watch({ kind: KIND, id }, { ttlMs: ttlMs(id) })
    nowMs = 20_000
    isVirtual = false
    let longestMs = 0
    const start = performance.now()
    for (let more = true; more; ) {
      const sliceStart = performance.now()
      more = stale.sweep(1).more
      longestMs = Math.max(longestMs, performance.now() - sliceStart)
    }
    const elapsedMs = performance.now() - start
    if (told !== 1_000_000) throw new Error(`${told} told`)
    return { operations: told, elapsedMs, longestMs }
  })
}
