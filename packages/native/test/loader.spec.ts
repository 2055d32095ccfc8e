import { nativeStatus } from '@symphony/native'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { load } from '../src/loader.ts'
import { hasNative } from './native-here.ts'

const scratch = mkdtempSync(join(tmpdir(), 'symphony-loader-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

/** Stands in for a binary. */
function pretend(name: string, description: string): string {
  const path = join(scratch, name)
  writeFileSync(path, `module.exports = { describe: () => (${description}), lastPanic: () => null }`)
  return path
}

describe('the loader', () => {
  it('tries every place and reports each', () => {
    const broken = join(scratch, 'broken.node')
    writeFileSync(broken, 'not a library')
    const old = pretend('old.cjs', '{ version: "0.0.0-old", bridge: 2 }')
    const foreign = pretend('foreign.cjs', '{ version: "0.0.1", bridge: 99 }')
    const { binding, attempts } = load([join(scratch, 'missing.node'), broken, old, foreign, '@symphony/native-nowhere'])
    expect(binding).toBeUndefined()
    expect(attempts.map(({ problem }) => problem)).toEqual([
      'is not there',
      expect.stringMatching(/broken\.node/),
      expect.stringMatching(/^is version 0\.0\.0-old .*install matching versions/),
      expect.stringMatching(/bridge 99/),
      'is not installed',
    ])
  })

  it('stops at the first that fits', () => {
    const { binding, attempts } = load([join(scratch, 'missing.node'), pretend('good.cjs', '{ version: "0.0.1", bridge: 2 }'), 'never-tried'])
    expect(binding?.describe()).toMatchObject({ version: '0.0.1' })
    expect(attempts).toHaveLength(2)
  })

  it('says what is in use, or what to do', () => {
    const { isAvailable, message, attempts } = nativeStatus()
    expect(isAvailable).toBe(hasNative)
    expect(message).toMatch(isAvailable ? /^Native backends \d/ : /TypeScript backends do the same work/)
    expect(attempts.length).toBeGreaterThan(0)
  })

  it('leaves the process without native backends when a binary that was named is not one', () => {
    const program = `
      import { nativeStatus } from '@symphony/native'
      import { nativeDag } from '@symphony/native/dag'
      let thrown
      try { nativeDag() } catch (error) { thrown = error.code }
      console.log(JSON.stringify({ ...nativeStatus(), thrown }))`
    const env = { ...process.env, SYMPHONY_NATIVE_PATH: join(scratch, 'missing.node') }
    const told = execFileSync('node', ['--conditions=@symphony/source', '--input-type=module', '-e', program], { cwd: import.meta.dirname, env, encoding: 'utf8' })
    const status = JSON.parse(told) as { isAvailable: boolean; thrown?: string; attempts: { from: string }[] }
    expect(status.attempts[0]?.from).toBe(join(scratch, 'missing.node'))
    expect(status.isAvailable || status.thrown === 'CAPABILITY_MISSING').toBe(true)
  })
})

describe.skipIf(!hasNative)('every crossing', () => {
  it('is written down when asked for', () => {
    const program = `import { nativeBinding } from './src/loader.ts'; try { nativeBinding().dagComplete(7, 1, 2) } catch {}; nativeBinding().liveHandles()`
    const env = { ...process.env, SYMPHONY_TRACE_NATIVE: '1' }
    const told = execFileSync('sh', ['-c', 'exec node --conditions=@symphony/source --input-type=module -e "$PROGRAM" 2>&1'], { cwd: join(import.meta.dirname, '..'), env: { ...env, PROGRAM: program }, encoding: 'utf8' })
    expect(told).toMatch(/^symphony native: describe\(\) → Object in \d+ ns$/m)
    expect(told).toMatch(/^symphony native: dagComplete\(7, 1, 2\) threw SymphonyError.* in \d+ ns$/m)
    expect(told).toMatch(/^symphony native: liveHandles\(\) → 0 in/m)
  })
})

