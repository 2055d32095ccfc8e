import { assert } from '@symphony/interface'
import { COMMAND_FLAGS, COMMAND_HEADER_BYTES, commandBytes } from './command-codec.ts'
import { WORDS } from './shared-words.ts'

/** What `take` moved. */
export interface Taken {
  readonly bytes: number
  readonly records: number
}

interface Cut extends Taken {
  readonly position: number
  /** Nothing that is for the ring only lies in between. */
  readonly isPlain: boolean
}

/** What another thread needs to attach. */
export interface RingBuffers {
  readonly control: Int32Array
  readonly data: SharedArrayBuffer
}

/**
 * Commands on their way to the writer, laid out as they will lie in the file. Records become visible as wholes, by one store
 * of the head; until then commands are filled in one by one, so a compound record needs no buffer of its own. The store is what an
 * append would cost most for: it waits until the other core has given up the lines just written. So it is made once for many.
 *
 * One producer, one consumer. Positions count 8-byte units modulo 2^32. A command that would wrap leaves a `skip` behind and
 * starts at the beginning. Unlike the ring of whole records in shared-memory this one lets the consumer move many records
 * with one copy, and lets the producer write without publishing.
 */
export class RecordRing {
  readonly buffers: RingBuffers
  readonly #control: Int32Array
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #units: number
  /** Producer: what is filled in, and how much of that is complete. */
  #head: number
  #sealed: number
  #tailSeen: number

  constructor(buffers: RingBuffers) {
    this.buffers = buffers
    this.#control = buffers.control
    this.#bytes = new Uint8Array(buffers.data)
    this.#view = new DataView(buffers.data)
    this.#units = buffers.data.byteLength / 8
    assert((this.#units & (this.#units - 1)) === 0, 'the ring is a power of two')
    this.#head = this.#control[WORDS.head] as number
    this.#sealed = this.#head
    this.#tailSeen = this.#control[WORDS.tail] as number
  }

  static create(control: Int32Array, bytes: number): RecordRing {
    return new RecordRing({ control, data: new SharedArrayBuffer(2 ** Math.ceil(Math.log2(bytes))) })
  }

  /** How much fits into it. */
  get bytes(): number {
    return this.#bytes.length
  }

  /** Producer: makes room for one command and returns where it goes, or -1 when there is none now. */
  reserve(bytes: number): number {
    const units = bytes >>> 3
    const offset = this.#head & (this.#units - 1)
    const toEnd = this.#units - offset
    const needed = units > toEnd ? units + toEnd : units
    if (((this.#head - this.#tailSeen) >>> 0) + needed > this.#units) {
      this.#tailSeen = Atomics.load(this.#control, WORDS.tail)
      if (((this.#head - this.#tailSeen) >>> 0) + needed > this.#units) return -1
    }
    this.#head = (this.#head + needed) | 0
    if (units <= toEnd) return offset * 8
    this.#view.setUint32(offset * 8, COMMAND_FLAGS.skip << 8, true)
    return 0
  }

  /** Producer: fills in a command. `flags` is `last` for one that is a record by itself. */
  put(at: number, component: number, flags: number, type: number, body: Uint8Array): void {
    const length = body.length
    this.#view.setUint32(at, component | (flags << 8) | (type << 16), true)
    this.#view.setUint32(at + 4, length, true)
    if ((length & 7) !== 0) {
      // What was here before must not end up in the file behind the body.
      const lastUnit = at + COMMAND_HEADER_BYTES + (length & ~7)
      this.#view.setUint32(lastUnit, 0, true)
      this.#view.setUint32(lastUnit + 4, 0, true)
    }
    this.#bytes.set(body, at + COMMAND_HEADER_BYTES)
  }

  /** Producer: the command there ends its record. */
  markLast(at: number): void {
    this.#bytes[at + 1] = COMMAND_FLAGS.last
  }

  /** Producer: an open file to force before the next commit. */
  putSync(at: number, file: number): void {
    this.#view.setUint32(at, COMMAND_FLAGS.sync << 8, true)
    this.#view.setUint32(at + 4, file, true)
  }

  /** Producer: what is filled in is complete, and goes with the next `publish`. */
  seal(): void {
    this.#sealed = this.#head
  }

  /** Producer: hands over everything sealed. */
  publish(): void {
    Atomics.store(this.#control, WORDS.head, this.#sealed)
  }

  /** Producer: how far the ring had been emptied when room was last looked for. */
  get tailSeen(): number {
    return this.#tailSeen
  }

  /** Producer: position of what is filled in next. */
  get position(): number {
    return this.#head
  }

  /** Producer: whether what lies at a position is still to be taken. The position must be younger than 2^32 units. */
  isWaiting(position: number): boolean {
    return (this.#head - position) >>> 0 <= (this.#head - Atomics.load(this.#control, WORDS.tail)) >>> 0
  }

  /** Producer: whether what lies at a position is still to be handed over. */
  isUnpublished(position: number): boolean {
    return (this.#head - position) >>> 0 <= (this.#head - (this.#control[WORDS.head] as number)) >>> 0
  }

  /** Bytes handed over and not taken yet. */
  get waitingBytes(): number {
    return ((Atomics.load(this.#control, WORDS.head) - Atomics.load(this.#control, WORDS.tail)) >>> 0) * 8
  }

  /**
   * Consumer: moves as many whole records as fit into `limit` bytes to `into`, from `at`, and frees their room. Files to force
   * that lie before the last one of them are added to `syncs`.
   */
  take(into: Uint8Array, at: number, limit: number, syncs: Set<number>): Taken {
    const head = Atomics.load(this.#control, WORDS.head)
    const tail = this.#control[WORDS.tail] as number
    const cut = this.#cut(tail, head, limit)
    if (cut.isPlain) this.#copyPlain(tail, cut.position, into, at)
    else this.#copyRuns(tail, cut.position, into, at, syncs)
    Atomics.store(this.#control, WORDS.tail, cut.position)
    return cut
  }

  /** How far whole records fit. */
  #cut(tail: number, head: number, limit: number): Cut {
    let position = tail
    let isPlain = true
    let bytes = 0
    let cutPosition = tail
    let cutBytes = 0
    let records = 0
    while (position !== head) {
      const at = (position & (this.#units - 1)) * 8
      const flags = this.#bytes[at + 1] as number
      if (flags > COMMAND_FLAGS.last) {
        isPlain = false
        position = flags === COMMAND_FLAGS.skip ? (position + this.#units - (position & (this.#units - 1))) | 0 : (position + 1) | 0
        if (bytes === cutBytes) cutPosition = position
        continue
      }
      const size = commandBytes(this.#view.getUint32(at + 4, true))
      bytes += size
      if (bytes > limit) break
      position = (position + (size >>> 3)) | 0
      if (flags === 0) continue
      cutPosition = position
      cutBytes = bytes
      records++
    }
    return { position: cutPosition, bytes: cutBytes, records, isPlain }
  }

  #copyPlain(from: number, to: number, into: Uint8Array, at: number): void {
    const start = (from & (this.#units - 1)) * 8
    const bytes = ((to - from) >>> 0) * 8
    const toEnd = Math.min(bytes, this.#bytes.length - start)
    into.set(this.#bytes.subarray(start, start + toEnd), at)
    if (bytes > toEnd) into.set(this.#bytes.subarray(0, bytes - toEnd), at + toEnd)
  }

  /** Copies in runs that end where something lies that is for the ring only. */
  #copyRuns(from: number, to: number, into: Uint8Array, at: number, syncs: Set<number>): void {
    const mask = this.#units - 1
    let position = from
    let runStart = (from & mask) * 8
    let target = at
    while (position !== to) {
      const offset = (position & mask) * 8
      const flags = this.#bytes[offset + 1] as number
      if (flags <= COMMAND_FLAGS.last) {
        position = (position + (commandBytes(this.#view.getUint32(offset + 4, true)) >>> 3)) | 0
        if ((position & mask) !== 0) continue
      }
      const runEnd = flags > COMMAND_FLAGS.last ? offset : this.#units * 8
      into.set(this.#bytes.subarray(runStart, runEnd), target)
      target += runEnd - runStart
      if (flags === COMMAND_FLAGS.sync) {
        syncs.add(this.#view.getUint32(offset + 4, true))
        position = (position + 1) | 0
      } else if (flags === COMMAND_FLAGS.skip) position = (position + this.#units - (position & mask)) | 0
      runStart = (position & mask) * 8
    }
    const end = (to & mask) * 8
    if (end > runStart) into.set(this.#bytes.subarray(runStart, end), target)
  }
}
