import type { Benchmark, Contestant } from '../benchmark.ts'
import { forkedProcess, httpService, tcpSocket, unixSocket } from '../round-trips/other-processes.ts'
import { sleepingThread, spinningThread, threadMessages } from '../round-trips/other-threads.ts'
import { tryAndRelease } from '../workloads/hot-pool.ts'

/** The least a call can cost. */
const plainCall: Contestant = {
  name: 'plain call (bound)',
  setup() {
    const allocator = { used: 0, allocate: (id: number): number => id + allocator.used++ }
    return {
      run() {
        let sum = 0
        for (let index = 0; index < 100_000; index++) sum += allocator.allocate(index)
        if (sum === 0) throw new Error('nothing was called')
        return 100_000
      },
    }
  },
}

/** Ours allocates and releases a slot of a hot model; the others carry the question and the answer to an allocator elsewhere. */
export const benchmarks: readonly Benchmark[] = [
  {
    group: 'In-process',
    name: 'one allocation and its answer, round trip',
    unit: 'µs/op',
    setup: tryAndRelease,
    peers: [plainCall, spinningThread, sleepingThread, threadMessages, unixSocket, forkedProcess, tcpSocket, httpService],
  },
]
