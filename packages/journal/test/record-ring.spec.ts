import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { COMMAND_FLAGS, commandBytes, forEachCommand } from '../src/command-codec.ts'
import { RecordRing } from '../src/record-ring.ts'
import { SharedWords } from '../src/shared-words.ts'

const RING_BYTES = 1024

type Step = { readonly type: 'record'; readonly lengths: readonly number[]; readonly syncs: number } | { readonly type: 'take'; readonly limit: number }

const steps = fc.array(
  fc.oneof(
    fc.record({ type: fc.constant('record' as const), lengths: fc.array(fc.nat(90), { minLength: 1, maxLength: 3 }), syncs: fc.nat(2) }),
    fc.record({ type: fc.constant('take' as const), limit: fc.integer({ min: 320, max: 900 }) }),
  ),
  { maxLength: 120 },
)

/** A ring whose positions are about to pass 2^32 units. */
function ringNearWrap(): RecordRing {
  const { words } = new SharedWords()
  words[0] = -20
  words[16] = -20
  return RecordRing.create(words, RING_BYTES)
}

class Pair {
  readonly ring: RecordRing = ringNearWrap()
  readonly #frame: Uint8Array = new Uint8Array(RING_BYTES)
  readonly #logged: string[] = []
  readonly #taken: string[] = []
  /** Files to force, each with the number of the record it has to come before. */
  readonly #owed: Map<number, number> = new Map()
  #files = 3
  #records = 0
  #takenRecords = 0

  log(lengths: readonly number[], syncs: number): void {
    for (let index = 0; index < syncs; index++) {
      this.ring.putSync(this.#reserve(8), this.#files)
      this.ring.seal()
      this.ring.publish()
      this.#owed.set(this.#files++, this.#records)
    }
    lengths.forEach((length, index) => {
      const body = new Uint8Array(length).fill(this.#records + index)
      this.ring.put(this.#reserve(commandBytes(length)), 1, index === lengths.length - 1 ? COMMAND_FLAGS.last : 0, index, body)
      this.#logged.push(`${this.#records} ${index} ${body.join()}`)
    })
    this.ring.seal()
    this.ring.publish()
    this.#records++
  }

  take(limit: number): void {
    const syncs = new Set<number>()
    const { bytes, records } = this.ring.take(this.#frame, 0, limit, syncs)
    expect(bytes).toBeLessThanOrEqual(limit)
    forEachCommand(this.#frame.subarray(0, bytes), this.#takenRecords, -1, ({ lsn, type, body }) => this.#taken.push(`${lsn} ${type} ${body.join()}`))
    this.#takenRecords += records
    for (const file of syncs) this.#owed.delete(file)
    for (const before of this.#owed.values()) expect(before, 'a file is named with the record it belongs to, or earlier').toBeGreaterThanOrEqual(this.#takenRecords)
  }

  finish(): void {
    while (this.ring.waitingBytes > 0) this.take(RING_BYTES)
    expect(this.#taken).toEqual(this.#logged)
    expect(this.#takenRecords).toBe(this.#records)
    expect(this.ring.waitingBytes).toBe(0)
  }

  #reserve(bytes: number): number {
    for (;;) {
      const at = this.ring.reserve(bytes)
      if (at >= 0) return at
      this.take(RING_BYTES)
    }
  }
}

describe('the ring', () => {
  it('hands over whole records, in order and unchanged, whatever their sizes and wherever it wraps', () => {
    fc.assert(
      fc.property(steps, (list: readonly Step[]) => {
        const pair = new Pair()
        for (const step of list) {
          if (step.type === 'record') pair.log(step.lengths, step.syncs)
          else pair.take(step.limit)
        }
        pair.finish()
      }),
      { numRuns: 300 },
    )
  })

  it('shows nothing of a record before it is published', () => {
    const ring = ringNearWrap()
    ring.put(ring.reserve(16), 1, 0, 1, new Uint8Array(8))
    expect(ring.waitingBytes).toBe(0)
    const at = ring.reserve(16)
    ring.put(at, 1, 0, 2, new Uint8Array(8))
    ring.markLast(at)
    ring.seal()
    ring.publish()
    expect(ring.take(new Uint8Array(64), 0, 64, new Set())).toMatchObject({ bytes: 32, records: 1 })
  })

  it('names the files to force with the records behind them', () => {
    const ring = ringNearWrap()
    const record = (): void => {
      ring.put(ring.reserve(16), 1, COMMAND_FLAGS.last, 1, new Uint8Array(8))
      ring.seal()
      ring.publish()
    }
    record()
    ring.putSync(ring.reserve(8), 42)
    record()
    const first = new Set<number>()
    ring.take(new Uint8Array(16), 0, 16, first)
    const second = new Set<number>()
    ring.take(new Uint8Array(16), 0, 16, second)
    expect([...first, ...second]).toEqual([42])
    expect(ring.waitingBytes).toBe(0)
  })

  it('refuses when it is full, and leaves no stale bytes behind a body', () => {
    const ring = ringNearWrap()
    let commands = 0
    for (let at = ring.reserve(16); at >= 0; at = ring.reserve(16)) {
      ring.put(at, 255, COMMAND_FLAGS.last, 65535, new Uint8Array(8).fill(255))
      commands++
    }
    ring.seal()
    ring.publish()
    expect(commands).toBe(RING_BYTES / 16)
    ring.take(new Uint8Array(RING_BYTES), 0, RING_BYTES, new Set())
    ring.put(ring.reserve(16), 1, COMMAND_FLAGS.last, 1, new Uint8Array(3).fill(7))
    ring.seal()
    ring.publish()
    const out = new Uint8Array(16)
    ring.take(out, 0, 16, new Set())
    expect([...out]).toEqual([1, 1, 1, 0, 3, 0, 0, 0, 7, 7, 7, 0, 0, 0, 0, 0])
  })
})
