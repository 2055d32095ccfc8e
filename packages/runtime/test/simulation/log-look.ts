import { crc32 } from 'node:zlib'
import type { SimulatedFileSystem } from '@symphony/conformance/simulator'

/** One commit, or the mark of an orderly close, in a log that is whole. */
export interface SeenFrame {
  readonly path: string
  readonly at: number
  readonly bytes: number
  readonly firstLsn: number
  /** 0 for the mark of a close. */
  readonly records: number
}

/** Of a segment, and of a frame. */
export const HEADER_BYTES = 64
export const FRAME_HEAD_BYTES = 32
const FOLDER = '/state/journal'

/** All frames of a log that is whole but for its end, in order: a look at the format that knows nothing of the code under test. */
export function framesOf(files: SimulatedFileSystem): readonly SeenFrame[] {
  const frames: SeenFrame[] = []
  for (const path of segmentsOf(files)) {
    const bytes = files.bytesOf(path)
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    for (let at = HEADER_BYTES; isFrame(view, at); at += view.getUint32(at, true)) {
      const firstLsn = view.getUint32(at + 16, true) + view.getUint32(at + 20, true) * 2 ** 32
      frames.push({ path, at, bytes: view.getUint32(at, true), firstLsn, records: view.getUint32(at + 24, true) })
    }
  }
  return frames
}

/** Its checksum starts from that of its segment. */
function isFrame(segment: DataView, at: number): boolean {
  if (at + FRAME_HEAD_BYTES > segment.byteLength) return false
  const bytes = segment.getUint32(at, true)
  if (bytes < FRAME_HEAD_BYTES || at + bytes > segment.byteLength) return false
  return crc32(new Uint8Array(segment.buffer, segment.byteOffset + at + 8, bytes - 8), segment.getUint32(60, true)) === segment.getUint32(at + 4, true)
}

/** The newest checkpoint's record; 0 without one. */
export function checkpointLsnOf(files: SimulatedFileSystem): number {
  const lsns = namesOf(files).flatMap((name) => (name.endsWith('.ckpt') ? [Number(/\d+/.exec(name)?.[0])] : []))
  return Math.max(0, ...lsns)
}

function segmentsOf(files: SimulatedFileSystem): readonly string[] {
  return namesOf(files).filter((name) => name.endsWith('.log')).map((name) => `${FOLDER}/${name}`)
}

function namesOf(files: SimulatedFileSystem): readonly string[] {
  return files.stat(FOLDER) === undefined ? [] : files.list(FOLDER)
}
