import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const PACKAGE = dirname(dirname(fileURLToPath(import.meta.url)))
const EXAMPLES = [...readFileSync(join(PACKAGE, 'README.md'), 'utf8').matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code as string)

it.each(EXAMPLES.map((code, place) => [place + 1, code] as const))('example %i of the README runs and prints what it says', (_place, code) => {
  // Not in node_modules, where Node strips no types; inside the package, so that its dependencies are found.
  const folder = mkdtempSync(join(PACKAGE, '.example-'))
  try {
    const file = join(folder, 'example.ts')
    writeFileSync(file, code)
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--conditions=@symphony/source', file], { encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    for (const [, said] of code.matchAll(/^console\.log\(.*\) \/\/ (.*)$/gm)) expect(stdout.split('\n')).toContain(said)
    // Lines of comment after a statement that prints several.
    for (const [, said] of code.matchAll(/^ {0,2}\/\/ ((?:error|warning|line) .*)$/gm)) expect(stdout).toContain(said)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
