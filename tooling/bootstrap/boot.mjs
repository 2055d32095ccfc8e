// The first thing `npm start` and `npm test` run. Needs only Node 18 or newer, npm and git; has no dependencies.
//
//   node boot.mjs [--run <pnpm script> ...] [-- <command> ...]
//
// 1. installs the pinned pnpm once per machine into a cache folder (integrity-checked by package-lock.json),
// 2. lets pnpm install the workspace, which brings the pinned Node 24 as an ordinary platform package,
// 3. runs the named scripts, then the command, under that Node.
// Everything it says goes to stderr, so that stdout belongs to the command.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const root = join(here, '..', '..')
const isWindows = process.platform === 'win32'
const { scripts, command } = parseArguments(process.argv.slice(2))
const environment = cleanEnvironment()
const tools = ensurePnpm()

// The workspace's own node_modules/.bin holds Node 24 once pnpm has installed it, so it comes first.
environment.PATH = [join(root, 'node_modules', '.bin'), join(tools, 'node_modules', '.bin'), process.env.PATH].join(delimiter)
if (!isInstalled()) {
  step('installing dependencies', 'pnpm', ['install', '--prefer-offline', '--frozen-lockfile', '--reporter=append-only'], root, true)
  writeFileSync(installedMarker(), lockfileDigest())
}
checkNode()
for (const script of scripts) step(script, 'pnpm', ['run', '--silent', script], root, false)
if (command.length > 0) runCommand(command)

function parseArguments(argv) {
  const end = argv.indexOf('--')
  const head = end < 0 ? argv : argv.slice(0, end)
  return { scripts: head.filter((word) => word !== '--run'), command: end < 0 ? [] : argv.slice(end + 1) }
}

/** npm leaks its own settings and its Node's path to children; pnpm and Node 24 must not see them. */
function cleanEnvironment() {
  const result = { ...process.env, TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1' }
  for (const name of Object.keys(result)) if (/^npm_|^(INIT_CWD|NODE)$/i.test(name)) delete result[name]
  return result
}

function ensurePnpm() {
  const pins = ['package.json', 'package-lock.json']
  const key = createHash('sha256')
  for (const pin of pins) key.update(readFileSync(join(here, pin)))
  const cache = process.env.SYMPHONY_TOOLS_DIR ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'symphony-tools')
  const folder = join(cache, key.digest('hex').slice(0, 16))
  if (existsSync(join(folder, '.ok'))) return folder
  // Built beside its final place and renamed, so that two first starts at once cannot disturb each other.
  const building = `${folder}.${process.pid}`
  mkdirSync(building, { recursive: true })
  for (const pin of pins) copyFileSync(join(here, pin), join(building, pin))
  step('fetching pnpm', 'npm', ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'], building, true)
  writeFileSync(join(building, '.ok'), '')
  try {
    renameSync(building, folder)
  } catch {
    rmSync(building, { recursive: true, force: true })
  }
  return folder
}

function installedMarker() {
  return join(root, 'node_modules', '.symphony-installed')
}

function lockfileDigest() {
  const digest = createHash('sha256')
  for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json']) digest.update(readFileSync(join(root, file)))
  return digest.digest('hex')
}

/** An install that matches the lockfile needs no package manager: that is most of what a second start would cost. */
function isInstalled() {
  const marker = installedMarker()
  if (!existsSync(marker) || !existsSync(join(root, 'node_modules', '.modules.yaml'))) return false
  return statSync(marker).isFile() && readFileSync(marker, 'utf8') === lockfileDigest()
}

/** Linux gets Node 24 from the lockfile; elsewhere the Node on the PATH has to be able to run the sources. */
function checkNode() {
  const result = spawnSync('node', ['-p', 'process.versions.node'], { env: environment, encoding: 'utf8', shell: isWindows })
  const [major = 0, minor = 0] = String(result.stdout).trim().split('.').map(Number)
  if (major > 22 || (major === 22 && minor >= 18)) return
  fail(`Symphony runs on Node 22.18 or newer; found ${String(result.stdout).trim() || 'none'}. Install Node 24 from your package manager, then run this again.`)
}

function step(title, program, args, cwd, isSlow) {
  const startedAt = performance.now()
  if (isSlow) console.error(`symphony: ${title} …`)
  const result = spawnSync(program, args, { cwd, env: environment, stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8', shell: isWindows, maxBuffer: 1 << 28 })
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  if (result.status === 0) {
    // What a step says to people is passed on, even when all is well.
    for (const line of result.stderr.split('\n')) if (line.startsWith('symphony: ')) console.error(line)
    if (isSlow || Number(seconds) >= 1) console.error(`symphony: ${title} done in ${seconds} s`)
    return
  }
  console.error(`${result.stdout ?? ''}${result.stderr ?? ''}`.trimEnd())
  fail(`${title} failed (${program} ${args.join(' ')}, ${result.error?.message ?? `exit ${result.status}`}).`, result.status ?? 1)
}

/** Runs in the foreground: the child receives the terminal's signals itself, so this process only waits for it. */
function runCommand([program, ...args]) {
  const child = spawn(program, args, { cwd: root, env: environment, stdio: 'inherit', shell: isWindows })
  process.on('SIGINT', () => {})
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => fail(error.message))
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)))
}

function fail(message, status = 1) {
  console.error(`symphony: ${message}`)
  process.exit(status)
}
