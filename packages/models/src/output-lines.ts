import type { Readable } from 'node:stream'

/** Hands over what is written to a stream line by line: a worker's output belongs into the log, not in between the host's own. */
export function eachLine(stream: Readable, visit: (line: string) => void): void {
  let rest = ''
  stream.setEncoding('utf8')
  stream.on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() as string
    for (const line of lines) visit(line)
  })
  stream.on('end', () => {
    if (rest !== '') visit(rest)
  })
}
