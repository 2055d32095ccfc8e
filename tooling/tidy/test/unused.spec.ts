import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { ROOT, run } from '../src/packing/commands.ts'

const knip = join(dirname(fileURLToPath(import.meta.resolve('knip'))), '..', 'bin', 'knip.js')
const inspect = (folder: string): ReturnType<typeof run> => run('node', [knip, '--no-progress', '--reporter', 'compact'], folder)

it('finds no file, export or dependency that nobody uses', { timeout: 60_000 }, async () => {
  const { status, output } = await inspect(ROOT)
  expect(output.trim()).toBe('')
  expect(status).toBe(0)
})

it('would find one', { timeout: 60_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'symphony-unused-'))
  const files = {
    'package.json': JSON.stringify({ name: 'planted', type: 'module', exports: './src/index.ts', dependencies: { 'left-pad': '1.0.0' } }),
    'src/index.ts': "import { used } from './part.ts'\nexport const door: number = used\n",
    'src/part.ts': 'export const used = 1\nexport const forgotten = 2\n',
    'src/lonely.ts': 'export const nobody = 1\n',
  }
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  const { status, output } = await inspect(folder)
  rmSync(folder, { recursive: true, force: true })
  expect(status).toBe(1)
  for (const name of ['forgotten', 'lonely.ts', 'left-pad']) expect(output).toContain(name)
})
