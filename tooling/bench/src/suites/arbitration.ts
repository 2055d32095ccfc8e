import { createArbitrationEngine } from '@symphony/arbitration'
import type { AdmissionBatch, ArbitrationEngine, ModelNumber } from '@symphony/interface'
import { EventRing } from '@symphony/shared-memory'
import { priorityQueue } from 'async'
import { Heap } from 'heap-js'
import { Heap as MnemonistHeap } from 'mnemonist'
import PQueue from 'p-queue'
import type { Benchmark, Contestant, Prepared } from '../benchmark.ts'

const BACKLOG = 10_000
const TENANTS = 16
const BATCH = 5_000
const MODEL = 0 as ModelNumber

/** A number that looks random and is the same in every run. */
const mixed = (index: number): number => (Math.imul(index, 2654435761) >>> 8) / 2 ** 24

function submit(engine: ArbitrationEngine, index: number): void {
  engine.submit({ model: MODEL, tenant: `tenant-${index % TENANTS}`, score: mixed(index), tag: index })
}

/** One request goes, one comes: the backlog stays as long as it is. */
function decide(): Prepared {
  const engine = createArbitrationEngine()
  for (let index = 0; index < BACKLOG; index++) submit(engine, index)
  let next = BACKLOG
  return {
    run() {
      for (let index = 0; index < BATCH; index++) {
        const grant = engine.next(MODEL)
        if (grant === undefined) throw new Error('the backlog ran empty')
        engine.settle(grant, { outcome: 'succeeded', durationMs: 1 })
        submit(engine, next++)
      }
      return BATCH
    },
    dispose: () => engine.close(),
  }
}

function heapPeer(name: string, make: () => { push(value: number): unknown; pop(): number | undefined }): Contestant {
  return {
    name,
    setup() {
      const heap = make()
      for (let index = 0; index < BACKLOG; index++) heap.push(mixed(index))
      let next = BACKLOG
      return {
        run() {
          for (let index = 0; index < BATCH; index++) {
            heap.pop()
            heap.push(mixed(next++))
          }
          return BATCH
        },
      }
    },
  }
}

const asyncQueue: Contestant = {
  name: 'async.priorityQueue (no fairness)',
  setup: () => ({
    run: () =>
      new Promise((resolve) => {
        const queue = priorityQueue<number>((_, done) => done(), 1)
        queue.pause()
        for (let index = 0; index < BATCH; index++) queue.push(index, mixed(index))
        queue.drain(() => resolve(BATCH))
        queue.resume()
      }),
  }),
}

const pQueue: Contestant = {
  name: 'p-queue (no fairness)',
  setup: () => ({
    async run() {
      const queue = new PQueue({ concurrency: 1, autoStart: false })
      for (let index = 0; index < BATCH; index++) void queue.add(() => index, { priority: mixed(index) })
      queue.start()
      await queue.onIdle()
      return BATCH
    },
  }),
}

function admit(): Prepared {
  const engine = createArbitrationEngine()
  engine.setMemoryLimit(2 ** 40)
  engine.budget({ tenant: 'a', limitUsd: 9e6 })
  engine.budget({ tenant: '*', limitUsd: 9e6 })
  engine.rate({ tenant: 'a', callsPerSecond: 1e9, burst: 1e9 })
  return {
    run() {
      for (let tag = 0; tag < BATCH; tag++) {
        engine.submit({ model: MODEL, tenant: 'a', costUsd: 0.001, memoryBytes: 1 << 20, tag })
        const grant = engine.next(MODEL)
        if (grant === undefined) throw new Error('the request was not admitted')
        engine.settle(grant, { outcome: 'succeeded', costUsd: 0.001 })
      }
      return BATCH
    },
    dispose: () => engine.close(),
  }
}

/** Columns for so many wishes of all tenants. */
function batchFor(engine: ArbitrationEngine, rows: number): AdmissionBatch {
  const tenants = Array.from({ length: TENANTS }, (_, index) => engine.tenantNumber(`tenant-${index}`))
  return {
    model: MODEL,
    count: rows,
    tags: new Int32Array(rows),
    tenants: Int32Array.from({ length: rows }, (_, index) => tenants[index % TENANTS] as number),
    priorities: new Int32Array(rows),
    scores: new Float64Array(rows),
    tickets: new Float64Array(rows),
  }
}

/** The same as `decide`, fifty at a time, with events. */
function decideByColumn(): Prepared {
  const rows = 50
  const engine = createArbitrationEngine({}, { events: new EventRing() })
  const batch = batchFor(engine, rows)
  const tickets = new Float64Array(rows)
  const tags = new Float64Array(rows)
  let next = 0
  const submitRows = (): void => {
    for (let at = 0; at < rows; at++) batch.scores[at] = mixed(next++)
    if (engine.submitMany(batch) !== rows) throw new Error('the engine is full')
  }
  while (next < BACKLOG) submitRows()
  return {
    run() {
      for (let index = 0; index < BATCH; index += rows) {
        if (engine.nextMany(MODEL, rows, tickets, tags) !== rows) throw new Error('the backlog ran empty')
        engine.settleNow(tickets, rows, 0, 1)
        submitRows()
      }
      return BATCH
    },
    dispose: () => engine.close(),
  }
}

/** As many at once as a conductor has slots for, with nobody waiting: admitted, and settled. Events are on. */
function admitBatches(): Prepared {
  const rows = 256
  const engine = createArbitrationEngine({}, { events: new EventRing() })
  const batch = batchFor(engine, rows)
  return {
    run() {
      for (let index = 0; index < 40; index++) {
        if (engine.admitNow(batch) !== rows || engine.settleNow(batch.tickets, rows, 0, 1) !== rows) throw new Error('something was in the way')
      }
      return 40 * rows
    },
    dispose: () => engine.close(),
  }
}

function reportFairness(): Prepared {
  const engine = createArbitrationEngine()
  for (let index = 0; index < 1000; index++) {
    engine.submit({ model: MODEL, tenant: `tenant-${index}`, tag: index })
    const grant = engine.next(MODEL)
    if (grant !== undefined) engine.settle(grant, { outcome: 'succeeded', durationMs: index })
  }
  return {
    run() {
      for (let index = 0; index < 100; index++) if (engine.fairness().tenants.length !== 1000) throw new Error('tenants are missing')
      return 100
    },
    dispose: () => engine.close(),
  }
}

const heaps = [
  heapPeer('heap-js, bare heap', () => new Heap<number>()),
  heapPeer('mnemonist, bare heap', () => new MnemonistHeap<number>()),
]

export const benchmarks: readonly Benchmark[] = [
  { group: 'Arbitration', name: 'decision at a backlog of 10,000, 16 tenants', unit: 'op/s', bar: 1e6, setup: decide, peers: [asyncQueue, pQueue, ...heaps] },
  { group: 'Arbitration', name: 'decision at a backlog of 10,000, 16 tenants, by the column', unit: 'op/s', bar: 1e6, setup: decideByColumn },
  { group: 'Arbitration', name: 'admission over slot, memory, money and rate, settled', unit: 'µs/op', bar: 2, setup: admit },
  { group: 'Arbitration', name: 'admission with nothing in the way, settled, 256 at once', unit: 'µs/op', bar: 0.25, setup: admitBatches },
  { group: 'Arbitration', name: 'fairness report over 1,000 tenants', unit: 'µs/op', bar: 100, setup: reportFairness },
]
