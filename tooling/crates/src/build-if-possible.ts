// The native part of `npm test`: builds it where that can be done, says in one line why not where it cannot, and fails only when our own
// code does not compile. Everything else passes without it.
import { spawnSync } from 'node:child_process'
import type { SpawnSyncReturns } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const crates = fileURLToPath(new URL('../../../packages/native/crates/Cargo.toml', import.meta.url))
const models = fileURLToPath(new URL('../../../packages/native/crates/symphony-models/Cargo.toml', import.meta.url))

function run(program: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): SpawnSyncReturns<string> {
  return spawnSync(program, args, { cwd: root, env, encoding: 'utf8', shell: process.platform === 'win32' })
}

function goOnWithout(reason: string): never {
  console.error(`symphony: native backends are not built: ${reason}. Everything else works without them.`)
  process.exit(0)
}

// The first line names the version, one of the others the machine it compiles for: both belong to what turbo remembers a build by.
const compiler = run('rustc', ['-vV'])
if (compiler.status !== 0 || run('cargo', ['--version']).status !== 0) goOnWithout('there is no cargo here (rustup.rs has it)')

const fetched = run('cargo', ['fetch', '--locked', '--manifest-path', crates])
if (fetched.status !== 0) {
  const lines = fetched.stderr.trim().split('\n')
  // A lock file that does not fit is a mistake of ours, and no matter of the network.
  if (/lock file .* needs to be updated|--locked/.test(fetched.stderr)) {
    console.error(fetched.stderr)
    process.exit(1)
  }
  goOnWithout(`the crates cannot be fetched (${lines.find((line) => line.startsWith('error')) ?? lines[0] ?? 'no reason given'})`)
}

// The models of the lock-free parts need a checker that the binary does not. Without it their test is left out, and says so.
run('cargo', ['fetch', '--locked', '--manifest-path', models])

const turbo = join(root, 'node_modules', '.bin', 'turbo')
const built = run(turbo, ['run', '//#native:binary', '--output-logs=errors-only'], { ...process.env, SYMPHONY_RUSTC: compiler.stdout })
if (built.status !== 0) console.error(`${built.stdout}${built.stderr}`)
process.exit(built.status ?? 1)
