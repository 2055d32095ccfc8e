import { randomBytes } from 'node:crypto'
import type { Random } from '@symphony/interface'

/**
 * Numbers in [0, 1) that depend on the seed alone: mulberry32 (Tommy Ettinger), 32 bits of state. For repeatable runs and
 * tests, not for secrets.
 */
export function seededRandom(seed: number): Random {
  let state = seed | 0
  return {
    next() {
      state = (state + 0x6d2b79f5) | 0
      let mixed = Math.imul(state ^ (state >>> 15), state | 1)
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
    },
  }
}

/** A seed nobody can foresee, for the outermost composition only. */
export function randomSeed(): number {
  return randomBytes(4).readUInt32LE()
}
