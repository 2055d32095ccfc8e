import { styleText } from 'node:util'

/** Where a command writes: data to stdout, everything else to stderr, colours and movement only for people. */
export interface Terminal {
  /** Data: what a program reads. */
  data(text: string): void
  /** A message for people. */
  say(text: string): void
  /** A line that is replaced by the next one; on something that is not a terminal it is not shown. */
  status(text: string): void
  readonly isLive: boolean
  readonly columns: number
  paint(style: 'bold' | 'dim' | 'green' | 'yellow' | 'red' | 'cyan', text: string): string
}

/** The process's own terminal. `quiet` silences everything but data and errors. */
export function processTerminal(quiet: boolean): Terminal {
  const isLive = process.stderr.isTTY === true && !quiet
  const erase = (): string => (isLive ? '\r\x1b[2K' : '')
  return {
    isLive,
    columns: process.stderr.columns ?? 80,
    data: (text) => void process.stdout.write(`${text}\n`),
    say: (text) => void (quiet || process.stderr.write(`${erase()}${text}\n`)),
    status: (text) => void (isLive && process.stderr.write(`${erase()}${text}`)),
    paint: (style, text) => styleText(style, text, { stream: process.stderr }),
  }
}
