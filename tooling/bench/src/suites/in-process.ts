import type { Benchmark } from '../benchmark.ts'
import { forkedProcess, httpService, tcpSocket, unixSocket } from '../round-trips/other-processes.ts'
import { sleepingThread, spinningThread, threadMessages } from '../round-trips/other-threads.ts'

/** The least a call can cost: what any other way of asking has to be measured against. */
const plainCall = {
  name: 'plain call',
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

export const benchmarks: readonly Benchmark[] = [
  {
    group: 'In-process',
    name: 'one allocation and its answer, round trip',
    unit: 'µs/op',
    setup: plainCall.setup,
    peers: [plainCall, spinningThread, sleepingThread, threadMessages, unixSocket, forkedProcess, tcpSocket, httpService],
  },
]
