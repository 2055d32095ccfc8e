/** Sub-buckets a power of two: with 16, a percentile is off by at most 1/16 of its value. */
const SUB_BUCKETS = 16
const SUB_BITS = 4
/** Values up to 2^40 of whatever unit. */
const EXPONENTS = 40

/** Buckets of a histogram: the number of `i32` rows to reserve for it. */
export const HISTOGRAM_BUCKETS: number = (EXPONENTS - SUB_BITS + 1) * SUB_BUCKETS

/**
 * Counts values in log-linear buckets over a shared `i32` column (after HdrHistogram): constant size, constant time, readable
 * by any thread, percentiles within 1/16.
 *
 * @example
 * const waits = new Histogram(new Int32Array(new SharedArrayBuffer(HISTOGRAM_BUCKETS * 4)))
 * waits.record(120)
 * waits.percentile(0.99)
 */
export class Histogram {
  readonly #buckets: Int32Array

  constructor(buckets: Int32Array) {
    this.#buckets = buckets.subarray(0, HISTOGRAM_BUCKETS)
  }

  /** @param value a number >= 0; fractions are cut off, so choose a fine enough unit */
  record(value: number): void {
    this.#buckets[bucketOf(value)]!++
  }

  get count(): number {
    let total = 0
    for (const bucket of this.#buckets) total += bucket
    return total
  }

  /** The value below which `fraction` of all recorded ones lie, or 0 when there are none. */
  percentile(fraction: number): number {
    const target = Math.ceil(this.count * fraction)
    if (target === 0) return 0
    let seen = 0
    for (let bucket = 0; bucket < HISTOGRAM_BUCKETS; bucket++) {
      seen += this.#buckets[bucket] as number
      if (seen >= target) return upperEdge(bucket)
    }
    return upperEdge(HISTOGRAM_BUCKETS - 1)
  }

  reset(): void {
    this.#buckets.fill(0)
  }
}

function bucketOf(value: number): number {
  const whole = value > 0 ? Math.floor(Math.min(value, 2 ** EXPONENTS - 1)) : 0
  if (whole < SUB_BUCKETS) return whole
  const exponent = Math.floor(Math.log2(whole))
  const sub = Math.floor(whole / 2 ** (exponent - SUB_BITS)) - SUB_BUCKETS
  return (exponent - SUB_BITS + 1) * SUB_BUCKETS + sub
}

function upperEdge(bucket: number): number {
  if (bucket < SUB_BUCKETS) return bucket
  const exponent = Math.floor(bucket / SUB_BUCKETS) + SUB_BITS - 1
  const sub = (bucket % SUB_BUCKETS) + SUB_BUCKETS
  return (sub + 1) * 2 ** (exponent - SUB_BITS) - 1
}
