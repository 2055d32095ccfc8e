import type { Logger } from '@symphony/interface'
import type { Terminal } from './terminal.ts'

const nothing = (): void => {}

/** Tells people when a component of the runtime feels worse than before, and when it is well again; nothing else of what is logged. */
export function healthLogger(terminal: Terminal): Logger {
  const tell = (style: 'yellow' | 'green') => (message: string, fields?: Readonly<Record<string, unknown>>): void => {
    if (fields?.['health'] === undefined) return
    const reasons = fields['reasons'] as readonly string[]
    terminal.say(`${terminal.paint(style, `symphony: ${message}`)}${reasons.length === 0 ? '' : `: ${reasons.join('; ')}`}`)
  }
  return { debug: nothing, info: tell('green'), warn: tell('yellow'), error: nothing }
}
