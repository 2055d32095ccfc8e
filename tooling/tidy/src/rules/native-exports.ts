import type { Problem, Rule } from '../problem.ts'

const EXPORT = /^\s*#\[(?:napi_derive::)?napi(?:\((.*)\))?\]\s*$/
/** What may stand between an export's attribute and what it is about. */
const BETWEEN = /^\s*(#\[.*\]|\/\/.*)?\s*$/

/**
 * A Rust panic that leaves an exported function ends the process. So every export catches it, and the profile lets it be caught.
 */
export const nativeExports: Rule = {
  name: 'native-export',
  check: (repository) => [...repository.texts].flatMap(([file, text]) => (file.endsWith('.rs') ? uncaught(file, text.split('\n')) : file.endsWith('Cargo.toml') ? aborting(file, text) : [])),
}

function uncaught(file: string, lines: readonly string[]): readonly Problem[] {
  return lines.flatMap((line, index) => {
    const found = EXPORT.exec(line)
    if (found === null) return []
    const subject = lines.slice(index + 1).find((next) => !BETWEEN.test(next)) ?? ''
    if (!/\bfn\s/.test(subject) || /\bcatch_unwind\b/.test(found[1] ?? '')) return []
    return [{ file, line: index + 1, rule: 'native-export', message: `a panic in "${subject.trim()}" would end the process: write #[napi(catch_unwind)]` }]
  })
}

function aborting(file: string, text: string): readonly Problem[] {
  const at = text.split('\n').findIndex((line) => /^\s*panic\s*=\s*"abort"/.test(line))
  return at < 0 ? [] : [{ file, line: at + 1, rule: 'native-export', message: 'a panic that aborts cannot be caught: say panic = "unwind"' }]
}
