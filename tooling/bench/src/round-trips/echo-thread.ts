// The other side of a round trip, in a worker thread: takes an allocation, answers with its number.
import { parentPort, workerData } from 'node:worker_threads'
import { ANSWER, GO, REQUEST, SLEEP, SPIN } from './thread-words.ts'

const { kind, buffer } = workerData as { readonly kind: 'message' | 'atomics'; readonly buffer: SharedArrayBuffer }

if (kind === 'message') {
  parentPort?.on('message', (message: { readonly id: number }) => parentPort?.postMessage({ id: message.id + 1 }))
} else {
  serve(new Int32Array(buffer))
}

/** Sleeps until it is told how to wait, then answers until it is told otherwise. It never spins between turns. */
function serve(words: Int32Array): void {
  parentPort?.postMessage('ready')
  for (;;) {
    Atomics.wait(words, GO, 0)
    const mode = Atomics.load(words, GO)
    if (mode !== SLEEP && mode !== SPIN) return
    answer(words, mode)
  }
}

function answer(words: Int32Array, mode: number): void {
  let seen = Atomics.load(words, ANSWER)
  while (Atomics.load(words, GO) === mode) {
    if (mode === SLEEP) Atomics.wait(words, REQUEST, seen, 5)
    const request = Atomics.load(words, REQUEST)
    if (request === seen) continue
    seen = request
    Atomics.store(words, ANSWER, request)
    if (mode === SLEEP) Atomics.notify(words, ANSWER)
  }
}
