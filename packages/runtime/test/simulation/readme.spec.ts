import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

// The package of the simulator stands below the runtime: its example is tried where the runtime is at hand.
const PACKAGE = fileURLToPath(new URL('../../', import.meta.url))
const README = readFileSync(join(PACKAGE, '..', 'conformance', 'README.md'), 'utf8')
const [EXAMPLE = ''] = [...README.matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code as string).filter((code) => code.includes('simulate('))

it('the example of simulate runs and prints what it says', { timeout: 600_000 }, () => {
  const folder = mkdtempSync(join(PACKAGE, '.example-'))
  try {
    const file = join(folder, 'example.ts')
    writeFileSync(file, EXAMPLE)
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--conditions=@symphony/source', file], { encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    for (const [, said] of EXAMPLE.matchAll(/^console\.log\(.*\) \/\/ (.*)$/gm)) expect(stdout.split('\n')).toContain(said)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
