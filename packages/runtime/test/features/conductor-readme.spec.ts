import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

// A conductor alone has no neighbours: the examples of its README are tried where all of them are at hand.
const PACKAGE = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const README = readFileSync(join(PACKAGE, '..', 'conductor', 'README.md'), 'utf8')
const EXAMPLES = [...README.matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code as string)

it.each(EXAMPLES.map((code, place) => [place + 1, code] as const))('example %i of the conductor\'s README runs and prints what it says', (_place, code) => {
  const folder = mkdtempSync(join(PACKAGE, '.example-'))
  try {
    const file = join(folder, 'example.ts')
    writeFileSync(file, code)
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--conditions=@symphony/source', file], { encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    for (const [, said] of code.matchAll(/^console\.log\(.*\) \/\/ (.*)$/gm)) expect(stdout.split('\n')).toContain(said)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
