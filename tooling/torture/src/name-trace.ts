import { dirname } from 'node:path'

/** Lines in which a program tells what others act on. */
const TELLING = /^write\(1<[^>]*>, "(acked|done|effect|result) /
/** Names that need not outlive anything: half-made files get another name once they are whole. */
const PASSING = /(\.tmp|\/\.write-probe|\/tmp\/[^/]+)$/
/** Made ahead, or for another thread's business, while somebody is told something else; forced before they are used. */
const AHEAD = /\/(segment-|checkpoint-)[^/]+$/

/** Reads what a tracer wrote of a process and its threads, and keeps the names below a folder that are not forced yet. */
export class NameTrace {
  readonly #base: string
  /** A call that another thread's line has interrupted, by thread. */
  readonly #unfinished = new Map<string, string>()
  readonly #unforced = new Set<string>()
  forced = 0

  constructor(base: string) {
    this.#base = base
  }

  /** @throws Error when something is told before a name is forced that it may rest on */
  read(line: string): void {
    const [, thread = '', text = ''] = /^(\d+) +(.*)$/.exec(line) ?? []
    const [, began] = /^(.*) <unfinished \.\.\.>$/.exec(text) ?? []
    if (began !== undefined) {
      this.#unfinished.set(thread, began)
      // Who writes a line may be interrupted in it; what it says counts from then on.
      if (TELLING.test(began)) this.#told(began)
      return
    }
    const [, rest] = /^<\.\.\. \w+ resumed>(.*)$/.exec(text) ?? []
    this.#call(rest === undefined ? text : `${this.#unfinished.get(thread) ?? ''}${rest}`)
  }

  /** @throws Error for names that were never forced */
  end(): void {
    const left = [...this.#unforced].filter((name) => !PASSING.test(name))
    if (left.length > 0) throw new Error(`never forced into the folder above: ${left.join(', ')}`)
  }

  #call(call: string): void {
    if (!/ = \d+(<|$)/.test(call)) return
    if (TELLING.test(call)) return this.#told(call)
    const [, made] = /^(?:mkdir\(|openat\([^"]*)"([^"]+)"(?:, 0\d|.*O_EXCL)/.exec(call) ?? []
    if (made !== undefined) return this.#add(made)
    const [, from, to] = /^rename\("([^"]+)", "([^"]+)"\)/.exec(call) ?? []
    if (from !== undefined && to !== undefined) {
      this.#unforced.delete(from)
      return this.#add(to)
    }
    const [, gone] = /^(?:unlink|rmdir)\("([^"]+)"\)/.exec(call) ?? []
    if (gone !== undefined) this.#unforced.delete(gone)
    const [, folder] = /^fsync\(\d+<([^>]+)>\)/.exec(call) ?? []
    if (folder !== undefined) this.#force(folder)
  }

  #add(name: string): void {
    if (name.startsWith(`${this.#base}/`)) this.#unforced.add(name)
  }

  #force(folder: string): void {
    for (const name of this.#unforced) {
      if (dirname(name) !== folder) continue
      this.#unforced.delete(name)
      if (!PASSING.test(name)) this.forced++
    }
  }

  #told(call: string): void {
    const open = [...this.#unforced].find((name) => !PASSING.test(name) && !AHEAD.test(name))
    if (open !== undefined) throw new Error(`${call.slice(0, 60)} was told before the name of ${open} was forced into the folder above it`)
  }
}
