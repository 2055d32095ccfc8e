import type { MessagePort } from 'node:worker_threads'
import { pack } from './packing.ts'
import type { Batch } from './worker-protocol.ts'

/**
 * Collects what one turn has to say and posts it as one message, after the promises of the turn are through. A value that
 * cannot be cloned spoils the message it is in, so then each goes on its own and only the guilty ones are refused.
 */
export class Outbox {
  readonly #port: MessagePort
  readonly #moves: boolean
  readonly #refused: (call: number, error: unknown) => void
  #batch: Batch = []
  #transfer: ArrayBuffer[] = []
  #isScheduled = false

  /** @param moves whether large buffers are moved instead of copied */
  constructor(port: MessagePort, moves: boolean, refused: (call: number, error: unknown) => void) {
    this.#port = port
    this.#moves = moves
    this.#refused = refused
  }

  add(kind: number, call: number, value: unknown): void {
    if (typeof value === 'object' && value !== null) {
      const packed = pack(value, this.#moves)
      this.#batch.push(kind, call, packed.value)
      if (packed.transfer.length > 0) this.#transfer.push(...packed.transfer)
    } else this.#batch.push(kind, call, value)
    if (this.#isScheduled) return
    this.#isScheduled = true
    // Ticks run after all promises that are settled by now, so calls made one after the other travel together.
    process.nextTick(this.#tick)
  }

  /** Posts what is there now. */
  flush(): void {
    const batch = this.#batch
    if (batch.length === 0) return
    const transfer = this.#transfer
    this.#batch = []
    this.#transfer = []
    try {
      this.#port.postMessage(batch, transfer)
    } catch (error) {
      if (batch.length === 3) this.#postCopy(batch, error)
      else for (let index = 0; index < batch.length; index += 3) this.#postOne(batch.slice(index, index + 3))
    }
  }

  #postOne(message: Batch): void {
    try {
      this.#port.postMessage(message)
    } catch (error) {
      this.#refused(message[1] as number, error)
    }
  }

  /** What cannot be moved, such as the memory of a WebAssembly module, may still be copied. */
  #postCopy(message: Batch, error: unknown): void {
    try {
      this.#port.postMessage(message)
    } catch {
      this.#refused(message[1] as number, error)
    }
  }

  readonly #tick = (): void => {
    this.#isScheduled = false
    this.flush()
  }
}
