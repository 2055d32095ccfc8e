import { simulateKernel } from '../simulate-kernel.ts'

/** Goes through seeds until one sees something wrong, and tells which. */
const seedsMax = Number(process.argv[2])
let found: { readonly seed: number; readonly violation: string | undefined } | undefined
const report = (violation: unknown): void => void (found ??= { seed, violation: violation instanceof Error ? violation.message : String(violation) })
let seed = 1
// What throws where nobody catches it is seen, too.
process.on('unhandledRejection', report)
process.on('uncaughtException', report)
for (; seed <= seedsMax && found === undefined; seed++) {
  const { violations } = await simulateKernel(seed)
  if (violations.length > 0) report(violations[0])
}
console.log(JSON.stringify(found ?? null))
process.exit(0)
