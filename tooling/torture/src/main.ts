// `npm run torture`: see USAGE in command-line.ts.
import { randomSeed } from '@symphony/ports'
import { readCommandLine, USAGE } from './command-line.ts'
import { endure } from './endure.ts'
import { SCENARIOS } from './scenarios.ts'

try {
  const options = readCommandLine(process.argv.slice(2))
  if (options.help) console.log(USAGE)
  else if (options.list) for (const { name, what } of SCENARIOS) console.log(`${name.padEnd(18)} ${what}`)
  else process.exitCode = await endure(SCENARIOS, { ...options, seed: options.seed ?? randomSeed() & 0x3fffffff })
} catch (error) {
  console.error(`torture: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 2
}
