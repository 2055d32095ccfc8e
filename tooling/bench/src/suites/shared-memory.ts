import { ByteRing, createRegion, defineLayout, EventReader, EventRing, Histogram, HISTOGRAM_BUCKETS, RowAllocator, snapshotRegion } from '@symphony/shared-memory'
import type { Benchmark } from '../benchmark.ts'

const layout = defineLayout({ name: 'bench', version: 1, words: {}, tables: { rows: { rows: 100_000, columns: { next: 'i32', state: 'i32', atMs: 'f64' } } } })
const BATCH = 100_000

/** The parts all components stand on: none of them has a bar of its own, all of them are inside of others. */
export const benchmarks: readonly Benchmark[] = [
  {
    group: 'Shared memory',
    name: 'allocate and release a row',
    unit: 'op/s',
    setup() {
      const { rows } = createRegion(layout).tables
      const allocator = new RowAllocator(rows, rows.columns.next)
      return {
        run() {
          for (let index = 0; index < BATCH; index++) allocator.release(allocator.allocate())
          return BATCH
        },
      }
    },
    peers: [
      {
        name: 'free list in an array',
        setup() {
          const free = Array.from({ length: BATCH }, (_, row) => row)
          return {
            run() {
              for (let index = 0; index < BATCH; index++) free.push(free.pop() as number)
              return BATCH
            },
          }
        },
      },
    ],
  },
  {
    group: 'Shared memory',
    name: 'publish an event',
    unit: 'op/s',
    setup() {
      const ring = new EventRing()
      return {
        run() {
          for (let index = 0; index < BATCH; index++) ring.publish(1, index, 2, 3)
          return BATCH
        },
      }
    },
  },
  {
    group: 'Shared memory',
    name: 'publish and read an event',
    unit: 'op/s',
    setup() {
      const ring = new EventRing()
      const reader = new EventReader(ring.region.buffer)
      let sum = 0
      return {
        run() {
          for (let index = 0; index < 1000; index++) ring.publish(1, index, 2, 3)
          if (reader.read((event) => (sum += event.a)) > 0 || sum === 0) throw new Error('events were lost')
          return 1000
        },
      }
    },
  },
  {
    group: 'Shared memory',
    name: 'push and drain a record of 64 bytes',
    unit: 'op/s',
    setup() {
      const ring = ByteRing.create(1 << 20)
      const record = new Uint8Array(64)
      return {
        run() {
          for (let index = 0; index < 1000; index++) if (!ring.push(1, record)) throw new Error('the ring is full')
          return ring.drain(() => {})
        },
      }
    },
  },
  {
    group: 'Shared memory',
    name: 'record a value in a histogram',
    unit: 'op/s',
    setup() {
      const histogram = new Histogram(new Int32Array(new SharedArrayBuffer(HISTOGRAM_BUCKETS * 4)))
      return {
        run() {
          for (let index = 0; index < BATCH; index++) histogram.record(index)
          return BATCH
        },
      }
    },
  },
  {
    group: 'Shared memory',
    name: 'snapshot of 100,000 rows of 16 bytes',
    unit: 'ms',
    setup() {
      const region = createRegion(layout)
      const allocator = new RowAllocator(region.tables.rows, region.tables.rows.columns.next)
      while (allocator.tryAllocate() >= 0) {
        // Every row comes into use.
      }
      return {
        run() {
          const startedAtMs = performance.now()
          snapshotRegion(region)
          return performance.now() - startedAtMs
        },
      }
    },
  },
]
