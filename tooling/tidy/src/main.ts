// Prints one line per problem and exits with 1 if there is any. `pnpm lint` runs it after oxlint.
import { fileURLToPath } from 'node:url'
import { formatProblem } from './problem.ts'
import { readRepository } from './repository.ts'
import { ALL_RULES } from './rules/all-rules.ts'

const repository = readRepository(fileURLToPath(new URL('../../../', import.meta.url)))
const problems = ALL_RULES.flatMap((rule) => rule.check(repository))
for (const problem of problems) console.log(formatProblem(problem))
if (problems.length > 0) console.error(`tidy: ${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}`)
process.exitCode = problems.length > 0 ? 1 : 0
