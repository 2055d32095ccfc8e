import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const workspace = fileURLToPath(new URL('../../../packages/native/crates', import.meta.url))
const target = process.env['CARGO_TARGET_DIR'] ?? fileURLToPath(new URL('../../../packages/native/target', import.meta.url))

/** The crates of ours that need none of anybody else's. */
const OURS = ['--package', 'symphony-layout', '--package', 'symphony-core']

function cargo(...args: readonly string[]): { readonly status: number | null; readonly output: string } {
  const { status, stdout, stderr } = spawnSync('cargo', args, { cwd: workspace, env: { ...process.env, CARGO_TARGET_DIR: target }, encoding: 'utf8' })
  return { status, output: `${stdout}${stderr}` }
}

/** Without the crates of others, which `npm test` has fetched if it could, cargo does not even look at ours. */
const canBuild = cargo('metadata', '--locked', '--offline', '--format-version', '1').status === 0
const models = ['--manifest-path', join(workspace, 'symphony-models', 'Cargo.toml')]
const canModel = canBuild && cargo('metadata', '--locked', '--offline', '--format-version', '1', ...models).status === 0
const hasTool = (name: string): boolean => canBuild && cargo(name, '--version').status === 0

describe.skipIf(!canBuild)('the crates', { timeout: 300_000 }, () => {
  it('pass their own tests', () => {
    const { status, output } = cargo('test', '--locked', '--offline', ...OURS)
    expect(status, output).toBe(0)
    expect(output).toMatch(/test result: ok\. [1-9]/)
  })

  it.skipIf(!canModel)('keep their promises in every order in which threads may come', () => {
    const { status, output } = cargo('test', '--locked', '--offline', ...models)
    expect(status, output).toBe(0)
    expect(output).toMatch(/test result: ok\. [1-9]/)
  })

  it.skipIf(!hasTool('fmt'))('are formatted', () => {
    for (const at of [[], models]) expect(cargo('fmt', '--check', ...at)).toMatchObject({ status: 0 })
  })

  it.skipIf(!hasTool('clippy'))('are free of what clippy warns of', () => {
    const { status, output } = cargo('clippy', '--locked', '--offline', '--all-targets', ...OURS, '--', '--deny', 'warnings')
    expect(status, output).toBe(0)
  })
})
