// Compiles the binary and puts it where the loader looks: binary/symphony.<triple>.node. Called by turbo, which knows when nothing has changed.
import { hostTriple } from '@symphony/native'
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('../../../packages/native', import.meta.url))
const target = process.env['CARGO_TARGET_DIR'] ?? join(folder, 'target')
const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { readonly version: string }
const libraries: Readonly<Partial<Record<NodeJS.Platform, string>>> = { win32: 'symphony_binding.dll', darwin: 'libsymphony_binding.dylib' }

const built = spawnSync('cargo', ['build', '--release', '--locked', '--package', 'symphony-binding', '--manifest-path', join(folder, 'crates', 'Cargo.toml')], {
  env: { ...process.env, SYMPHONY_VERSION: version, CARGO_TARGET_DIR: target },
  stdio: 'inherit',
})
if (built.status !== 0) process.exit(built.status ?? 1)

// A process may have the former one loaded: it keeps its file, and the next one finds this.
const binary = join(folder, 'binary', `symphony.${hostTriple()}.node`)
mkdirSync(join(folder, 'binary'), { recursive: true })
copyFileSync(join(target, 'release', libraries[process.platform] ?? 'libsymphony_binding.so'), `${binary}.new`)
renameSync(`${binary}.new`, binary)
