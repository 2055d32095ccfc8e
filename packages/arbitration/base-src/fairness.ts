/** Jain's index of the first `count` values: 1 when all are equal, 1 / count when one has everything. (Jain, Chiu, Hawe 1984.) */
export function jainIndex(values: Float64Array, count: number): number {
  let sum = 0
  let squares = 0
  for (let at = 0; at < count; at++) {
    const value = values[at] as number
    sum += value
    squares += value * value
  }
  return squares === 0 ? 1 : (sum * sum) / (count * squares)
}

/** Gini coefficient of the first `count` values: 0 when all are equal. Sorts them in place. */
export function giniCoefficient(values: Float64Array, count: number): number {
  const sorted = values.subarray(0, count).sort()
  let sum = 0
  let weighted = 0
  for (let at = 0; at < count; at++) {
    const value = sorted[at] as number
    sum += value
    weighted += (at + 1) * value
  }
  return sum === 0 ? 0 : (2 * weighted) / (count * sum) - (count + 1) / count
}
