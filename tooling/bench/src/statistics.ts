/** Several measurements of one thing. A median with its range: a mean would be moved by one disturbance. */
export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
  /** In the order they were measured. */
  readonly values: readonly number[]
}

export function spreadOf(values: readonly number[]): Spread {
  if (values.length === 0) throw new Error('a spread needs at least one value')
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] as number
  const median = sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2
  return { median, min: sorted[0] as number, max: sorted.at(-1) as number, values }
}

/**
 * How many times as good `ours` is as `theirs`, turn by turn: both sides of one turn met the same weather, so the ratio of a turn
 * is steadier than the ratio of two medians.
 */
export function ratioOf(ours: Spread, theirs: Spread, isMoreBetter: boolean): Spread {
  const turns = Math.min(ours.values.length, theirs.values.length)
  const ratios = Array.from({ length: turns }, (_, turn) => {
    const [a, b] = [ours.values[turn] as number, theirs.values[turn] as number]
    return isMoreBetter ? a / b : b / a
  })
  return spreadOf(ratios)
}
