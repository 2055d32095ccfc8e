import type { FileSystem } from '@symphony/interface'
import type { SegmentFile } from './segment-file.ts'

const STEP_BYTES = 1 << 20

/**
 * Sets the trace of an interrupted write aside, in a file of its own for whoever wants to look at it, and overwrites it with
 * zeroes, so that no later reader can take a piece of it for a frame. Returns how many bytes that were.
 *
 * A crash in the middle leaves a shorter trace, which the next opening treats the same way.
 */
export function setTornTailAside(fs: FileSystem, folder: string, segment: SegmentFile, from: number, to: number): number {
  const aside = `${segment.path.replace(/\.log$/, '')}-${from}.torn`
  const file = fs.open(segment.path, 'r+')
  try {
    fs.remove(aside)
    const copy = fs.open(aside, 'wx+')
    try {
      forEachStep(from, to, (at, length) => {
        const bytes = new Uint8Array(length)
        fs.read(file, bytes, at)
        fs.write(copy, bytes, at - from)
      })
      fs.syncData(copy)
    } finally {
      fs.close(copy)
    }
    fs.syncFolder(folder)
    forEachStep(from, to, (at, length) => fs.write(file, new Uint8Array(length), at))
    fs.syncData(file)
  } finally {
    fs.close(file)
  }
  return to - from
}

function forEachStep(from: number, to: number, visit: (at: number, length: number) => void): void {
  for (let at = from; at < to; at += STEP_BYTES) visit(at, Math.min(STEP_BYTES, to - at))
}
