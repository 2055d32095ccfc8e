import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT: string = fileURLToPath(new URL('../../../../', import.meta.url))

export interface Outcome {
  readonly status: number
  readonly stdout: string
  /** Both streams: what to show when something failed. */
  readonly output: string
}

/** Runs a program of the workspace (node, tsc, pnpm, turbo) to its end. Never rejects: a failure is an outcome. */
export function run(program: string, args: readonly string[], cwd: string): Promise<Outcome> {
  const env: NodeJS.ProcessEnv = { ...process.env, PATH: [join(ROOT, 'node_modules', '.bin'), pnpmFolder(), process.env['PATH']].join(delimiter), TURBO_TELEMETRY_DISABLED: '1' }
  // What the test runner sets for itself must not reach a program that stands for a user's.
  delete env['NODE_OPTIONS']
  delete env['NODE_ENV']
  return new Promise((resolve) => {
    const child = execFile(program, args, { cwd, env, maxBuffer: 1 << 26, timeout: 120_000 }, (error, stdout, stderr) => {
      const status = error === null ? 0 : typeof error.code === 'number' ? error.code : 1
      resolve({ status, stdout, output: `${stdout}${stderr}${error !== null && stdout === '' && stderr === '' ? error.message : ''}` })
    })
    child.stdin?.end()
  })
}

/** The folder of the pinned pnpm, where tooling/bootstrap/boot.mjs has put it. */
function pnpmFolder(): string {
  const key = createHash('sha256')
  for (const pin of ['package.json', 'package-lock.json']) key.update(readFileSync(join(ROOT, 'tooling', 'bootstrap', pin)))
  const cache = process.env['SYMPHONY_TOOLS_DIR'] ?? join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'symphony-tools')
  const folder = join(cache, key.digest('hex').slice(0, 16), 'node_modules', '.bin')
  // Whoever brought a pnpm of his own has it on the PATH.
  return existsSync(folder) ? folder : ''
}
