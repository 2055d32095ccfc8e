import { assertHeld, simulateKernel } from './kernel-suite.ts'

const [seed = '1', kept = '200'] = process.argv.slice(2)
const report = await simulateKernel(Number(seed), { traced: Number(kept) })
console.log(report.trace.join('\n'))
console.log(JSON.stringify(report.counts))
assertHeld(report)
