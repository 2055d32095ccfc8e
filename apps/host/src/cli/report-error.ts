import { isSymphonyError } from '@symphony/interface'
import { EXIT_CODES } from './exit-codes.ts'
import type { Terminal } from './terminal.ts'

const usageCodes: ReadonlySet<string> = new Set(['CONFIG_INVALID', 'INVALID_ARGUMENT', 'UNKNOWN_KEY', 'NOT_FOUND', 'RUN_UNKNOWN'])

/** Tells a failure to a person (or, with `json`, to a program) and returns the exit code. */
export function reportError(error: unknown, terminal: Terminal, json: boolean): number {
  if (isSymphonyError(error)) {
    if (json) terminal.data(JSON.stringify({ error: error.toJSON() }))
    process.stderr.write(`${terminal.paint('red', `symphony: ${error.code}`)}\n${error.message}\n`)
    return usageCodes.has(error.code) ? EXIT_CODES.USAGE : EXIT_CODES.FAILED
  }
  if (json) terminal.data(JSON.stringify({ error: { code: 'UNEXPECTED', message: String(error) } }))
  process.stderr.write(`${terminal.paint('red', 'symphony: unexpected failure')}\n${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
  return EXIT_CODES.FAILED
}
