import type { Logger } from '@symphony/interface'

/** Says nothing. The default of every component. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} }

/** One line of JSON a message, to the given writer (default: stderr), from `level` upwards. */
export function jsonLogger(level: 'debug' | 'info' | 'warn' | 'error' = 'info', write: (line: string) => void = (line) => process.stderr.write(line)): Logger {
  const levels = ['debug', 'info', 'warn', 'error'] as const
  const log = (at: (typeof levels)[number]) => (message: string, fields?: Readonly<Record<string, unknown>>): void => {
    if (levels.indexOf(at) >= levels.indexOf(level)) write(`${JSON.stringify({ level: at, message, ...fields })}\n`)
  }
  return { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') }
}
