import { Worker } from 'node:worker_threads'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ByteReader, ByteRing, ByteWriter, EventReader, EventRing, Histogram, HISTOGRAM_BUCKETS } from '@symphony/shared-memory'

describe('EventRing', () => {
  it('hands every reader every event in order', () => {
    const ring = new EventRing(1024)
    const early = new EventReader(ring.region.buffer)
    ring.tick(5)
    for (let number = 0; number < 100; number++) ring.publish(7, number, number * 2, 0)
    const late = new EventReader(ring.region.buffer, 90)
    const seen: number[] = []
    expect(early.read((event) => seen.push(event.subject))).toBe(0)
    expect(seen).toEqual(Array.from({ length: 100 }, (_, number) => number))
    const tail: number[] = []
    late.read((event) => tail.push(event.atMs * 1000 + event.a))
    expect(tail[0]).toBe(5180)
    expect(tail).toHaveLength(10)
  })

  it('tells a slow reader exactly how much it lost', () => {
    const ring = new EventRing(1024)
    const reader = new EventReader(ring.region.buffer)
    for (let number = 0; number < 5000; number++) ring.publish(1, number, 0, 0)
    const seen: number[] = []
    const lost = reader.read((event) => seen.push(event.subject))
    expect(lost + seen.length).toBe(5000)
    expect(seen.at(-1)).toBe(4999)
    expect(seen[0]).toBe(lost)
  })

  it('reads no more than the limit and goes on from there', () => {
    const ring = new EventRing()
    const reader = new EventReader(ring.region.buffer)
    for (let number = 0; number < 10; number++) ring.publish(1, number, 0, 0)
    const seen: number[] = []
    reader.read((event) => seen.push(event.subject), 4)
    reader.read((event) => seen.push(event.subject))
    expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  })

  it('shows held events together, and never holds back so many that a reader could meet the writer', () => {
    const ring = new EventRing(1024)
    const reader = new EventReader(ring.region.buffer)
    const seen: number[] = []
    const read = (): number => {
      reader.read((event) => seen.push(event.subject))
      return seen.length
    }
    ring.hold()
    ring.publish(1, 0, 0, 0)
    expect(read()).toBe(0)
    ring.hold()
    ring.show()
    expect(read()).toBe(0)
    ring.show()
    expect(read()).toBe(1)
    ring.publish(1, 1, 0, 0)
    expect(read()).toBe(2)
    ring.hold()
    for (let number = 2; number < 5_000; number++) {
      ring.publish(1, number, 0, 0)
      expect(number - read()).toBeLessThan(64)
    }
    ring.show()
    expect(read()).toBe(5_000)
    expect(seen.every((subject, at) => subject === at)).toBe(true)
  })
})

describe('ByteRing', () => {
  it('refuses when full and wraps without splitting a record', () => {
    const ring = ByteRing.create(1024)
    const record = new Uint8Array(200).fill(3)
    let pushed = 0
    while (ring.push(pushed, record)) pushed++
    expect(pushed).toBe(4)
    for (let round = 4; round < 50; round++) {
      const tags: number[] = []
      ring.drain((tag, bytes) => void (tags.push(tag), expect(bytes).toEqual(record)), 1)
      expect(tags).toEqual([round - 4])
      expect(ring.push(round, record)).toBe(true)
    }
  })

  it('carries a million records to another thread, none lost, none altered', async () => {
    const ring = ByteRing.create(1 << 16)
    const source = `
      import { workerData, parentPort } from 'node:worker_threads'
      import { ByteRing } from '@symphony/shared-memory'
      const ring = ByteRing.attach(workerData)
      let expected = 0
      while (expected < 1_000_000) {
        const head = Atomics.load(ring.control, ByteRing.HEAD_WORD)
        const count = ring.drain((tag, bytes) => {
          if (tag !== expected || bytes.length !== tag % 61 || bytes.some((byte) => byte !== (tag & 255))) throw new Error('record ' + expected)
          expected++
        })
        if (count === 0) Atomics.wait(ring.control, ByteRing.HEAD_WORD, head, 1000)
      }
      parentPort.postMessage(expected)`
    const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(source.replace('@symphony/shared-memory', import.meta.resolve('../src/index.ts')))}`), { workerData: ring.buffers })
    const done = new Promise<number>((resolve, reject) => worker.once('message', resolve).once('error', reject))
    const scratch = new Uint8Array(64)
    for (let tag = 0; tag < 1_000_000; ) {
      scratch.fill(tag & 255)
      if (ring.push(tag, scratch.subarray(0, tag % 61))) tag++
      else Atomics.notify(ring.control, ByteRing.HEAD_WORD)
    }
    Atomics.notify(ring.control, ByteRing.HEAD_WORD)
    expect(await done).toBe(1_000_000)
    await worker.terminate()
  })
})

describe('Histogram', () => {
  it('keeps percentiles within a sixteenth', () => {
    const histogram = new Histogram(new Int32Array(new SharedArrayBuffer(HISTOGRAM_BUCKETS * 4)))
    for (let value = 1; value <= 100_000; value++) histogram.record(value)
    for (const fraction of [0.01, 0.5, 0.9, 0.99, 1]) {
      const found = histogram.percentile(fraction)
      expect(Math.abs(found - fraction * 100_000) / (fraction * 100_000)).toBeLessThanOrEqual(1 / 16)
    }
    expect(histogram.count).toBe(100_000)
  })

  it('takes zero, fractions and the unthinkably large', () => {
    const histogram = new Histogram(new Int32Array(new SharedArrayBuffer(HISTOGRAM_BUCKETS * 4)))
    for (const value of [0, 0.4, -1, 1e300]) histogram.record(value)
    expect(histogram.percentile(0.5)).toBe(0)
    expect(histogram.percentile(1)).toBeGreaterThan(1e12)
  })
})

describe('byte codec', () => {
  it('reads back what was written, across growth', () => {
    const writer = new ByteWriter(4)
    writer.u8(1).u16(65535).u32(4294967295).i32(-5).f64(Math.PI).string('Grüße 🎼').bytes(new Uint8Array([1, 2])).json({ a: [1] })
    const reader = new ByteReader(writer.copy())
    expect([reader.u8(), reader.u16(), reader.u32(), reader.i32(), reader.f64(), reader.string()]).toEqual([1, 65535, 4294967295, -5, Math.PI, 'Grüße 🎼'])
    expect([...reader.bytes()]).toEqual([1, 2])
    expect(reader.json()).toEqual({ a: [1] })
    expect(reader.remaining).toBe(0)
    expect(() => reader.u8()).toThrow(expect.objectContaining({ code: 'REGION_CORRUPT' }))
  })

  it('reads back any text, short or long', () => {
    const writer = new ByteWriter(16)
    const text = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 80 }), fc.string({ unit: 'grapheme-ascii', maxLength: 80 }))
    fc.assert(fc.property(fc.array(text, { maxLength: 6 }), (texts) => {
      writer.reset()
      for (const each of texts) writer.string(each)
      const reader = new ByteReader(writer.view())
      expect(texts.map(() => reader.string())).toEqual(texts)
      expect(reader.remaining).toBe(0)
    }))
  })

  it('writes the bytes that digits stand for', () => {
    const writer = new ByteWriter(1)
    const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte)
    expect([...writer.u8(7).hex(Buffer.from(bytes).toString('hex')).hex('').view()]).toEqual([7, ...bytes])
    const reader = new ByteReader(writer.view())
    expect([reader.u8(), ...Array.from({ length: 8 }, () => reader.hex(32)), reader.hex(0)].join(' ')).toBe(`7 ${Buffer.from(bytes).toString('hex').replaceAll(/.{64}/g, '$& ')}`)
    expect(() => reader.hex(1)).toThrow(expect.objectContaining({ code: 'REGION_CORRUPT' }))
  })

  it('refuses bytes that are no text, short ones and long ones', () => {
    for (const length of [2, 100]) {
      const bytes = new Uint8Array(length).fill(0x61)
      bytes[1] = 0xff
      expect(() => new ByteReader(new ByteWriter().bytes(bytes).view()).string()).toThrow(TypeError)
    }
  })

  it('shows what is written now, whatever was shown before', () => {
    const writer = new ByteWriter(4)
    expect([...writer.u8(1).u8(2).view()]).toEqual([1, 2])
    expect([...writer.reset().u8(3).u8(4).view()]).toEqual([3, 4])
    expect([...writer.reset().f64(0).reset().u8(5).u8(6).view()]).toEqual([5, 6])
    expect(writer.raw(new Uint8Array(1000)).view().length).toBe(1002)
  })
})
