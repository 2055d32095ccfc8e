// Writes the table "Which backend?" of packages/native/README.md out of a report of the benchmark:
//   pnpm bench native --json > report.json && node tooling/crates/src/which-backend.ts report.json
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { withTable } from './which-backend-table.ts'

const [, , path] = process.argv
if (path === undefined) throw new Error('Name the file that `pnpm bench native --json` was written to.')
const readme = fileURLToPath(new URL('../../../packages/native/README.md', import.meta.url))
writeFileSync(readme, withTable(readFileSync(readme, 'utf8'), JSON.parse(readFileSync(path, 'utf8'))))
