// Writes the Rust twins of the TypeScript layouts. Run it after a layout has changed:
// `pnpm native:layout`
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { GENERATED_FILES } from './layout/generated-files.ts'

for (const [path, source] of Object.entries(GENERATED_FILES)) writeFileSync(fileURLToPath(new URL(`../../../${path}`, import.meta.url)), source())
