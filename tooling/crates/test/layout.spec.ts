import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { GENERATED_FILES } from '../src/layout/generated-files.ts'

it.each(Object.entries(GENERATED_FILES))('%s is what the TypeScript layout says; else run `pnpm native:layout`', (path, source) => {
  expect(readFileSync(fileURLToPath(new URL(`../../../${path}`, import.meta.url)), 'utf8')).toBe(source())
})
