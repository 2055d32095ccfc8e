// A suite whose odd seeds fail, for the tests.
export const name = 'odd-seeds-fail'

export async function runSeed(seed: number): Promise<Readonly<Record<string, number>>> {
  if (seed % 2 === 1) throw new Error(`${seed} is odd`)
  return { stories: 1, pages: seed }
}
