import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export interface ChildOptions {
  /** Words before the command line of the program: `strace …`. */
  readonly under?: readonly string[]
  /** Called with each line as it comes; the child may go on meanwhile. */
  readonly onLine?: (line: string, child: ChildProgram) => void
  readonly flags?: readonly string[]
  readonly cwd?: string
}

/** How a child came to its end. */
export interface ChildEnd {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** Everything it said, each line whole: what it had written when it was killed is in the pipe. */
  readonly lines: readonly string[]
  readonly errors: string
}

/** Far beyond what any of them takes: whoever says nothing more is ended, and what it said last is told. */
const HUNG_MS = 300_000

/** Many processes load the same sources: the first one compiles, the others read what it kept. */
const environment = { ...process.env, NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? join(tmpdir(), 'symphony-compile-cache'), NO_COLOR: '1' }

const alive = new Set<ChildProcess>()
process.once('exit', () => alive.forEach((child) => child.kill('SIGKILL')))

/** A process under torture. It talks through a pipe, which outlives it: that is the oracle's witness. */
export class ChildProgram {
  readonly ended: Promise<ChildEnd>
  readonly #process: ChildProcess

  /** @param program a file in `programs`, without its ending, or a path */
  constructor(program: string, args: readonly (string | number)[], options: ChildOptions = {}) {
    const file = program.includes('/') ? program : fileURLToPath(new URL(`./programs/${program}.ts`, import.meta.url))
    const line = [...(options.under ?? []), process.execPath, ...(options.flags ?? []), '--conditions=@symphony/source', file, ...args.map(String)]
    this.#process = spawn(line[0] as string, line.slice(1), { stdio: ['pipe', 'pipe', 'pipe'], env: environment, ...(options.cwd === undefined ? {} : { cwd: options.cwd }) })
    alive.add(this.#process)
    this.ended = this.#listen(options.onLine)
  }

  get pid(): number {
    return this.#process.pid as number
  }

  /** Without a warning, as the system does when it is out of memory. */
  kill(): void {
    this.#process.kill('SIGKILL')
  }

  signal(name: NodeJS.Signals): void {
    this.#process.kill(name)
  }

  tell(line: string): void {
    this.#process.stdin?.write(`${line}\n`)
  }

  async #listen(onLine: ChildOptions['onLine']): Promise<ChildEnd> {
    const { stdout, stderr } = this.#process
    if (stdout === null || stderr === null) throw new Error('a child without pipes')
    const closed = new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
      this.#process.once('close', (code, signal) => resolve([code, signal]))
      this.#process.once('error', reject)
    })
    // It may be gone before it has read all it is told.
    this.#process.stdin?.on('error', () => {})
    const lines: string[] = []
    let errors = ''
    let isHung = false
    const watchdog = setTimeout(() => {
      isHung = true
      this.kill()
    }, HUNG_MS)
    stderr.setEncoding('utf8').on('data', (text: string) => void (errors += text))
    createInterface({ input: stdout }).on('line', (line) => {
      lines.push(line)
      onLine?.(line, this)
    })
    const [code, signal] = await closed
    clearTimeout(watchdog)
    alive.delete(this.#process)
    if (isHung) throw new Error(`a process did not end within ${HUNG_MS / 1000} s, having said "${lines.at(-1)}"\n${errors}`)
    return { code, signal, lines, errors }
  }
}

/** Numbers behind a word, in the order they were said: `acked 12`. */
export function numbersAfter(lines: readonly string[], word: string): number[] {
  return lines.flatMap((line) => (line.startsWith(`${word} `) ? [Number(line.slice(word.length + 1))] : []))
}
