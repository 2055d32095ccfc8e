// A suite of which one seed never comes to an end, for the tests.
export const name = 'seed-7-never-ends'

export async function runSeed(seed: number): Promise<Readonly<Record<string, number>>> {
  while (seed === 7);
  return { stories: 1 }
}
