/** The part of a stream that is taken over. */
interface Output {
  write(chunk: Uint8Array | string, encoding?: unknown, done?: unknown): boolean
}

/**
 * Has what is written to a stream handed over line by line instead: a worker's output belongs into the log, not in between the
 * host's own. Reading the stream on the other side would keep the process alive for as long as the thread lives.
 */
export function redirectOutput(stream: Output, visit: (line: string) => void): void {
  const decoder = new TextDecoder()
  let rest = ''
  stream.write = (chunk, encoding, done) => {
    const lines = (rest + (typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true }))).split('\n')
    rest = lines.pop() as string
    for (const line of lines) visit(line)
    const written = typeof encoding === 'function' ? encoding : done
    if (typeof written === 'function') queueMicrotask(() => (written as () => void)())
    return true
  }
}
