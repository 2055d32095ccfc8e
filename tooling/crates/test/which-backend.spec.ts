import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { withTable } from '../src/which-backend-table.ts'

const readme = readFileSync(fileURLToPath(new URL('../../../packages/native/README.md', import.meta.url)), 'utf8')
const ratio = (median: number, min: number, max: number) => [{ name: 'TypeScript backend', ratio: { median, min, max } }]
const report = {
  machine: { cpu: 'a processor', cores: 2, node: '24.0.0' },
  results: [
    { group: 'Native', name: 'complete one task in one call', peers: ratio(0.3, 0.2, 0.4) },
    { group: 'Native', name: 'complete 1,024 tasks in one call', peers: ratio(1.5, 1.2, 1.9) },
    { group: 'Native', name: 'cancel one task in one call', peers: ratio(1.1, 0.9, 1.2) },
    { group: 'Native', name: 'attach to a region of 1 M tasks', peers: [] },
    { group: 'DAG', name: 'complete one task in one call', peers: ratio(9, 9, 9) },
  ],
}

it('makes the table of the README out of a report, and leaves the rest alone', () => {
  const made = withTable(readme, report)
  expect(made).toContain('| in one call | one task | 1,024 tasks |\n|---|---|---|\n| complete | 0.30 (0.20 to 0.40) | **1.50 (1.20 to 1.90)** |\n| cancel | 1.10 (0.90 to 1.20) |  |\n')
  const without = (text: string): string => text.replace(/<!-- which backend[^]*<!-- end of/, '')
  expect(without(made)).toBe(without(readme))
  expect(withTable(made, report)).toBe(made)
})

it('says when there is no place for it', () => {
  expect(() => withTable('# nothing', report)).toThrow('no place')
})
