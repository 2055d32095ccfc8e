import type { Random } from '@symphony/interface'
import { seededRandom } from '@symphony/ports'

/** Chance of one seed, in the forms a story needs. */
export class Dice {
  readonly random: Random

  constructor(seed: number) {
    this.random = seededRandom(seed)
  }

  /** A whole number from 0 up to and without `limit`. */
  below(limit: number): number {
    return Math.floor(this.random.next() * limit)
  }

  chance(odds: number): boolean {
    return this.random.next() < odds
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)] as T
  }
}

const BYTES = 4096

/** Bytes to cut bodies from; none is zero, so what is missing shows. */
export const MATERIAL: Uint8Array = new Uint8Array(2 * BYTES)
const dice = new Dice(1)
for (let at = 0; at < MATERIAL.length; at++) MATERIAL[at] = 1 + dice.below(255)

/** A body of some length that hardly ever equals another one. */
export function body(from: Dice, length: number): Uint8Array {
  const at = from.below(BYTES)
  return MATERIAL.subarray(at, at + length)
}
