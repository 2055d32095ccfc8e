import type { Random } from '@symphony/interface'
import type { FaultCounts } from './fault-counts.ts'
import type { CutWeights } from './fault-plan.ts'

/** What a device writes as a whole, if it writes it at all. */
export const SECTOR_BYTES = 512

const CLEAN = 0
/** Written since it was last forced. */
const PENDING = 1
/** Forcing it has failed: the system calls it clean, and the device does not have it. */
const ABANDONED = 2

/** How the content of one file fares at a power cut. */
export interface Cut {
  readonly weights: CutWeights
  readonly random: Random
  readonly counts: FaultCounts
  readonly mayLand: (at: number, onDevice: Uint8Array) => boolean
  /** Told of every place a misdirected write has changed, and what was there. */
  readonly landed: (at: number, was: Uint8Array) => void
}

/**
 * The content of one file, as programs see it, and beside it what the device has instead, sector by sector, where the two differ. So
 * a write costs what it writes, and forcing costs nothing, however large the file is. Of several writes to one sector without a
 * forcing in between the last one counts: a device that kept an earlier one is not simulated.
 */
export class SimulatedFile {
  /** Zero behind `size`; may be longer than it. Shared with a copy until one of the two is written. */
  #bytes: Uint8Array
  #isShared = false
  #size: number
  #sizeOnDevice: number
  #states: Uint8Array
  /** Sectors that differ from the device, in the order in which they were first written, and what the device has there. */
  #pending: number[] = []
  #onDevice: Uint8Array = new Uint8Array(0)

  constructor(bytes: Uint8Array = new Uint8Array(0)) {
    this.#bytes = bytes
    this.#size = bytes.length
    this.#sizeOnDevice = bytes.length
    this.#states = new Uint8Array(Math.ceil(bytes.length / SECTOR_BYTES))
  }

  get size(): number {
    return this.#size
  }

  /** A view of the content. */
  get content(): Uint8Array {
    return this.#bytes.subarray(0, this.#size)
  }

  /** The same file, changed by nobody else from here on. */
  fork(): SimulatedFile {
    const copy = new SimulatedFile()
    this.#isShared = true
    copy.#bytes = this.#bytes
    copy.#isShared = true
    copy.#size = this.#size
    copy.#sizeOnDevice = this.#sizeOnDevice
    copy.#states = this.#states.slice()
    copy.#pending = [...this.#pending]
    copy.#onDevice = this.#onDevice.slice(0, this.#pending.length * SECTOR_BYTES)
    return copy
  }

  read(into: Uint8Array, position: number): number {
    const piece = this.#bytes.subarray(position, Math.min(position + into.length, this.#size))
    into.set(piece)
    return piece.length
  }

  write(bytes: Uint8Array, position: number): void {
    if (bytes.length === 0) return
    const end = position + bytes.length
    this.#own(end)
    for (let sector = Math.floor(position / SECTOR_BYTES); sector * SECTOR_BYTES < end; sector++) this.#touch(sector)
    this.#bytes.set(bytes, position)
    if (end > this.#size) this.#size = end
  }

  truncate(size: number): void {
    this.#own(size)
    for (let sector = Math.floor(size / SECTOR_BYTES); sector * SECTOR_BYTES < this.#size; sector++) this.#touch(sector)
    if (size < this.#size) this.#bytes.fill(0, size, this.#size)
    this.#size = size
  }

  /** What was written is on the device from here on; what was abandoned before is not. */
  force(): void {
    this.#sizeOnDevice = this.#size
    if (this.#pending.length === 0) return
    const abandoned = this.#pending.map((sector, slot) => ({ sector, slot })).filter(({ sector }) => this.#states[sector] === ABANDONED)
    for (const sector of this.#pending) if (this.#states[sector] === PENDING) this.#states[sector] = CLEAN
    abandoned.forEach(({ slot }, at) => this.#onDevice.copyWithin(at * SECTOR_BYTES, slot * SECTOR_BYTES, (slot + 1) * SECTOR_BYTES))
    this.#pending = abandoned.map(({ sector }) => sector)
  }

  /** Forcing has failed: the system takes what was written for clean, and the device does not have it. */
  abandon(): void {
    for (const sector of this.#pending) this.#states[sector] = ABANDONED
  }

  /** Flips one bit, on the device and for programs. */
  flip(at: number, bit: number): void {
    this.#own(this.#size)
    this.#bytes[at] = (this.#bytes[at] as number) ^ (1 << bit)
  }

  /** Gives back what was there, on the device and for programs. */
  mend(at: number, was: Uint8Array): void {
    this.#own(this.#size)
    this.#bytes.set(was, at)
  }

  /** What a power cut leaves of it. */
  cut(cut: Cut): SimulatedFile {
    const left = this.fork()
    if (this.#pending.length === 0 && this.#size === this.#sizeOnDevice) return left
    left.#own(Math.max(this.#size, this.#sizeOnDevice))
    left.#pending = []
    left.#states.fill(CLEAN)
    const fate = drawFate(cut.weights, cut.random)
    if (fate === 'arrived') left.#size = this.#size
    else if (fate === 'lost') left.#size = this.#sizeOnDevice
    else left.#size = cut.random.next() < 0.5 ? this.#size : this.#sizeOnDevice
    if (fate === 'reordered') this.#reorder(left, cut)
    else if (fate === 'torn') this.#tear(left, cut)
    else if (fate !== 'arrived') {
      for (let slot = 0; slot < this.#pending.length; slot++) this.#revert(left, slot, 0, SECTOR_BYTES)
      if (fate === 'misdirected' && this.#misdirect(left, cut)) cut.counts['misdirected-write']++
      else if (this.#pending.length > 0) cut.counts['lost-write']++
    }
    left.#bytes.fill(0, left.#size)
    left.#sizeOnDevice = left.#size
    return left
  }

  #reorder(left: SimulatedFile, { random, counts }: Cut): void {
    let isLost = false
    let isReordered = false
    for (let slot = 0; slot < this.#pending.length; slot++) {
      if (random.next() < 0.5) {
        this.#revert(left, slot, 0, SECTOR_BYTES)
        isLost = true
      } else if (isLost) isReordered = true
    }
    if (isReordered) counts['reordered-write']++
    else if (isLost) counts['lost-write']++
  }

  #tear(left: SimulatedFile, { random, counts }: Cut): void {
    if (this.#pending.length === 0) return
    const torn = Math.floor(random.next() * this.#pending.length)
    const at = Math.floor(random.next() * SECTOR_BYTES)
    // The head of the device may come to it at its front or at its back.
    if (random.next() < 0.5) this.#revert(left, torn, at, SECTOR_BYTES)
    else this.#revert(left, torn, 0, at)
    for (let slot = torn + 1; slot < this.#pending.length; slot++) this.#revert(left, slot, 0, SECTOR_BYTES)
    counts['torn-write']++
  }

  /** All pending sectors as one run of places, as far from each other as they were. False where there is no place for them. */
  #misdirect(left: SimulatedFile, { random, mayLand, landed }: Cut): boolean {
    const sectors = Math.floor(left.#size / SECTOR_BYTES)
    if (sectors < 2 || this.#pending.length === 0) return false
    const distance = 1 + Math.floor(random.next() * (sectors - 1))
    const isAllowed = this.#pending.every((sector) => {
      const at = ((sector + distance) % sectors) * SECTOR_BYTES
      return sector < sectors && mayLand(at, left.#bytes.subarray(at, at + SECTOR_BYTES))
    })
    if (!isAllowed) return false
    for (const sector of this.#pending) {
      const from = sector * SECTOR_BYTES
      const at = ((sector + distance) % sectors) * SECTOR_BYTES
      landed(at, left.#bytes.slice(at, at + SECTOR_BYTES))
      left.#bytes.set(this.#bytes.subarray(from, from + SECTOR_BYTES), at)
    }
    return true
  }

  /** Gives a copy what the device has in a part of a sector. */
  #revert(left: SimulatedFile, slot: number, from: number, to: number): void {
    const at = (this.#pending[slot] as number) * SECTOR_BYTES
    const end = Math.min(at + to, left.#bytes.length)
    if (at + from >= end) return
    left.#bytes.set(this.#onDevice.subarray(slot * SECTOR_BYTES + from, slot * SECTOR_BYTES + end - at), at + from)
  }

  /** Keeps what the device has, the first time a sector comes to differ from it. */
  #touch(sector: number): void {
    const state = this.#states[sector]
    this.#states[sector] = PENDING
    if (state !== CLEAN) return
    const slot = this.#pending.push(sector) - 1
    if (this.#onDevice.length < (slot + 1) * SECTOR_BYTES) this.#onDevice = grown(this.#onDevice, Math.max(4, 2 * slot) * SECTOR_BYTES)
    const from = sector * SECTOR_BYTES
    const piece = this.#bytes.subarray(from, from + SECTOR_BYTES)
    this.#onDevice.set(piece, slot * SECTOR_BYTES)
    this.#onDevice.fill(0, slot * SECTOR_BYTES + piece.length, (slot + 1) * SECTOR_BYTES)
  }

  /** Makes sure that the bytes are this file's own, and that there are so many. */
  #own(size: number): void {
    if (size > this.#bytes.length) this.#bytes = grown(this.#bytes, this.#bytes.length === 0 ? size : Math.max(size, 2 * this.#bytes.length))
    else if (this.#isShared) this.#bytes = this.#bytes.slice()
    this.#isShared = false
    const sectors = Math.ceil(this.#bytes.length / SECTOR_BYTES)
    if (sectors > this.#states.length) this.#states = grown(this.#states, sectors)
  }
}

function drawFate(weights: CutWeights, random: Random): keyof CutWeights {
  const { lost = 0, arrived = 0, reordered = 0, torn = 0, misdirected = 0 } = weights
  let drawn = random.next() * (lost + arrived + reordered + torn + misdirected)
  if ((drawn -= arrived) < 0) return 'arrived'
  if ((drawn -= reordered) < 0) return 'reordered'
  if ((drawn -= torn) < 0) return 'torn'
  return (drawn -= misdirected) < 0 ? 'misdirected' : 'lost'
}

function grown(bytes: Uint8Array, length: number): Uint8Array {
  const copy = new Uint8Array(length)
  copy.set(bytes)
  return copy
}
