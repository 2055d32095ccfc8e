import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { Contestant } from '../benchmark.ts'
import { ANSWER, END, GO, REQUEST, SLEEP, SPIN, WORDS } from './thread-words.ts'

const url = new URL('./echo-thread.ts', import.meta.url)

/** A round trip to a worker thread by words in shared memory. */
export function atomicsRoundTrip(name: string, mode: typeof SLEEP | typeof SPIN, trips: number): Contestant {
  return {
    name,
    async setup() {
      const buffer = new SharedArrayBuffer(WORDS * 4)
      const words = new Int32Array(buffer)
      const worker = new Worker(url, { workerData: { kind: 'atomics', buffer } })
      await once(worker, 'message')
      return {
        run() {
          Atomics.store(words, GO, mode)
          Atomics.notify(words, GO)
          for (let trip = 0; trip < trips; trip++) tripOnce(words, mode)
          Atomics.store(words, GO, 0)
          return trips
        },
        async dispose() {
          Atomics.store(words, GO, END)
          Atomics.notify(words, GO)
          await worker.terminate()
        },
      }
    },
  }
}

function tripOnce(words: Int32Array, mode: number): void {
  const last = words[REQUEST] as number
  Atomics.store(words, REQUEST, last + 1)
  if (mode === SPIN) {
    while (Atomics.load(words, ANSWER) === last) {
      // The answer is a microsecond away.
    }
    return
  }
  Atomics.notify(words, REQUEST)
  while (Atomics.load(words, ANSWER) === last) Atomics.wait(words, ANSWER, last, 1000)
}

export const sleepingThread: Contestant = atomicsRoundTrip('Atomics, sleeping thread', SLEEP, 200)
export const spinningThread: Contestant = atomicsRoundTrip('Atomics, spinning thread', SPIN, 5_000)

/** A round trip to a worker thread by messages: each is structured-cloned. */
export const threadMessages: Contestant = {
  name: 'worker postMessage',
  setup() {
    const worker = new Worker(url, { workerData: { kind: 'message', buffer: new SharedArrayBuffer(4) } })
    return {
      async run() {
        const trips = 200
        for (let trip = 0; trip < trips; trip++) {
          worker.postMessage({ id: trip, model: 'model' })
          await once(worker, 'message')
        }
        return trips
      },
      dispose: async () => void (await worker.terminate()),
    }
  },
}
