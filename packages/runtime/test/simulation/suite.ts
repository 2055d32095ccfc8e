import { simulateKernel } from './simulate-kernel.ts'

export const name = 'kernel'

/** One seed of the whole kernel: some three processes that die, and two that do not. Rejects with what did not hold. */
export async function runSeed(seed: number): Promise<Readonly<Record<string, number>>> {
  const { counts, violations } = await simulateKernel(seed)
  if (violations.length === 0) return counts
  const step = `node --conditions=@symphony/source packages/runtime/test/simulation/one-seed-entry.ts ${seed}`
  throw new Error(`seed ${seed} of the kernel:\n- ${violations.slice(0, 10).join('\n- ')}\nagain: npm run simulate -- --suite kernel --seed ${seed} --seeds 1\nstep by step: ${step}`)
}
