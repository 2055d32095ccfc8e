import { writeSync } from 'node:fs'

/** Says a line, now: it is in the pipe when this returns, whatever happens to the process next. */
export function announce(...words: readonly (string | number)[]): void {
  const bytes = Buffer.from(`${words.join(' ')}\n`)
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(1, bytes, at)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
    }
  }
}
