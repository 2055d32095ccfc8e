/**
 * Share of characters a recognition got wrong: the least number of insertions, deletions and substitutions that turn `actual` into
 * `expected`, divided by the length of `expected`. 0 is perfect; above 1 is possible. White space of any kind and length counts as
 * one space, because where lines break is not part of the text.
 *
 * Exact up to 20,000 characters a side (quadratic time, linear memory); longer texts are cut there, both alike.
 *
 * @example
 * characterErrorRate('The c4t sat', 'The cat sat') // 1 / 11
 */
export function characterErrorRate(actual: string, expected: string): number {
  const read = normalised(actual)
  const truth = normalised(expected)
  if (truth.length === 0) return read.length === 0 ? 0 : 1
  return editDistance(read, truth) / truth.length
}

const CHARACTERS_MAX = 20_000

function normalised(text: string): Uint32Array {
  const points = Array.from(text.normalize('NFKC').replace(/\s+/g, ' ').trim(), (character) => character.codePointAt(0) ?? 0)
  return Uint32Array.from(points.slice(0, CHARACTERS_MAX))
}

/** Levenshtein's distance by the two-row method of Wagner and Fischer, in one row and one remembered corner. */
function editDistance(a: Uint32Array, b: Uint32Array): number {
  const row = Uint32Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let i = 1; i <= a.length; i += 1) {
    let corner = row[0] as number
    row[0] = i
    for (let j = 1; j <= b.length; j += 1) {
      const above = row[j] as number
      const substituted = corner + (a[i - 1] === b[j - 1] ? 0 : 1)
      row[j] = Math.min(substituted, above + 1, (row[j - 1] as number) + 1)
      corner = above
    }
  }
  return row[b.length] as number
}
