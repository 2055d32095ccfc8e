// Tells the story of one seed, step by step: node --conditions=@symphony/source packages/runtime/test/simulation/one-seed-entry.ts SEED [STEPS]
import { simulateKernel } from './simulate-kernel.ts'

const [seed = '1', steps = '1000'] = process.argv.slice(2)
const { trace, counts, violations } = await simulateKernel(Number(seed), { traced: Number(steps) })
console.log([...trace, JSON.stringify(counts), ...violations].join('\n'))
if (violations.length > 0) process.exitCode = 1
