import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { BUGS } from './planted/bugs.ts'

const SEEDS_MAX = 600
const path = (name: string): string => fileURLToPath(new URL(`./planted/${name}`, import.meta.url))

interface Caught {
  readonly seed: number
  readonly violation: string
}

function hunt(bug: string): Promise<Caught | null> {
  const args = ['--conditions=@symphony/source', '--import', path('plant-entry.ts'), path('hunt-entry.ts'), String(SEEDS_MAX)]
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { env: { ...process.env, PLANTED_BUG: bug } }, (error, stdout, stderr) => {
      if (error === null) resolve(JSON.parse(stdout) as Caught | null)
      else reject(new Error(`${error.message}\n${stderr}`))
    })
  })
}

describe('a bug planted into the kernel is seen by its simulation', () => {
  it.each(BUGS.map(({ name }) => name))('%s', { timeout: 600_000 }, async (name) => {
    const caught = await hunt(name)
    console.log(`${name}: ${caught === null ? 'not seen' : `seed ${caught.seed}: ${caught.violation.slice(0, 160)}`}`)
    expect(caught).not.toBeNull()
  })
})
