import { createArbitrationEngine } from '@symphony/arbitration'
import type { ArbitrationInit } from '@symphony/arbitration'
import { Heap } from 'mnemonist'
import { EventRing } from '@symphony/shared-memory'
import type { ModelNumber } from '@symphony/interface'

const rounds = Number(process.argv[2] ?? 5)
const BACKLOG = 10_000
const model = 1 as ModelNumber

/** Time this thread has had the processor, ms: on a shared machine the wall clock would count the turns of others as well. */
function cpuMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1_000
}

/** Microseconds an operation, median and spread over the rounds after one to warm up. */
function measure(name: string, operations: number, prepare: () => () => void): void {
  const costs: number[] = []
  for (let round = 0; round <= rounds; round++) {
    const run = prepare()
    const start = cpuMs()
    run()
    if (round > 0) costs.push(((cpuMs() - start) / operations) * 1_000)
  }
  costs.sort((a, b) => a - b)
  const [least, middle, most] = [costs[0] as number, costs[costs.length >> 1] as number, costs.at(-1) as number]
  console.log(`${name.padEnd(66)} ${middle.toFixed(3)} µs (${least.toFixed(3)} to ${most.toFixed(3)}), ${(1 / middle).toFixed(2)} M/s`)
}

/** Submit, decide, settle, with a standing backlog, events on, every decision kept with its reasons. */
function decisions(tenantCount: number, init: ArbitrationInit, costUsd: number, memoryBytes: number): () => void {
  const arbitration = createArbitrationEngine(init, { events: new EventRing() })
  const tenants = Array.from({ length: tenantCount }, (_, at) => `tenant-${at}`)
  let count = 0
  const submit = (): void => {
    const tenant = tenants[(count * 7) % tenantCount] as string
    arbitration.submit({ model, tenant, score: (count * 7919) % 1_000, costUsd, memoryBytes, tag: count++ })
  }
  while (count < BACKLOG) submit()
  return () => {
    for (let n = 0; n < DECISIONS; n++) {
      submit()
      const grant = arbitration.next(model)
      if (grant === undefined || !arbitration.settle(grant, { outcome: 'succeeded', durationMs: 1 + (n % 7), costUsd })) throw new Error('not decided')
    }
  }
}

const DECISIONS = 300_000
const weights = Object.fromEntries(Array.from({ length: 16 }, (_, at) => [`tenant-${at}`, 1 + (at % 4)]))
const limits: ArbitrationInit = {
  weights,
  memoryBytesMax: 2 ** 30,
  budgets: [{ tenant: '*', limitUsd: 9_000_000 }, ...Object.keys(weights).map((tenant) => ({ tenant, limitUsd: 1_000_000 }))],
  rates: [{ tenant: '*', callsPerSecond: 1e9 }, ...Object.keys(weights).map((tenant) => ({ tenant, callsPerSecond: 1e9 }))],
}

// For comparison in the same run: a bare heap of objects, without tenants, limits or reasons.
measure('push + pop of a bare heap of 10,000 (mnemonist)', DECISIONS, () => {
  const heap = new Heap<{ readonly score: number; readonly ticket: number }>((a, b) => b.score - a.score || a.ticket - b.ticket)
  let ticket = 0
  const push = (): unknown => heap.push({ score: (ticket * 7919) % 1_000, ticket: ticket++ })
  while (ticket < BACKLOG) push()
  return () => {
    for (let n = 0; n < DECISIONS; n++) {
      push()
      heap.pop()
    }
  }
})

measure('submit + next + settle, backlog 10,000, 16 tenants by weight', DECISIONS, () => decisions(16, { weights }, 0, 0))
measure('the same with 1,000 tenants', DECISIONS, () => decisions(1_000, {}, 0, 0))
measure('the same with memory, money and rate, 16 tenants', DECISIONS, () => decisions(16, limits, 0.000_01, 1_024))

const REPORTS = 1_000
measure('fairness over 1,000 tenants', REPORTS, () => {
  const arbitration = createArbitrationEngine()
  for (let tag = 0; tag < 4_000; tag++) {
    arbitration.submit({ model, tenant: `tenant-${tag % 1_000}`, tag })
    const grant = arbitration.next(model)
    if (grant !== undefined) arbitration.settle(grant, { outcome: 'succeeded', durationMs: 1 + ((tag * 7919) % 100) })
  }
  return () => {
    for (let n = 0; n < REPORTS; n++) if (arbitration.fairness().tenants.length !== 1_000) throw new Error('tenants are missing')
  }
})
