import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { CheckpointSection, ComponentId, FileSystem } from '@symphony/interface'
import { journalError, otherVersionError } from './journal-error.ts'
import { CHECKPOINT_STEP_BYTES, CHECKPOINT_SYNC_BYTES } from './limits.ts'

/**
 * `"SYMPHCKP" | u32 version | u32 sections | 16 bytes log id | u64 lsn | { u32 component | u32 zero | u64 bytes } per section |
 * the sections' bytes | sha256 of everything before it`
 */
const MAGIC = new TextEncoder().encode('SYMPHCKP')
const VERSION = 1
const HEADER_BYTES = 40
const ENTRY_BYTES = 16
const DIGEST_BYTES = 32
const TWO_32 = 2 ** 32

export interface Checkpoint {
  readonly lsn: number
  readonly sections: readonly CheckpointSection[]
}

export function checkpointPath(folder: string, lsn: number): string {
  return join(folder, `checkpoint-${String(lsn).padStart(16, '0')}.ckpt`)
}

/** LSNs of the checkpoints in a folder, newest first. */
export function checkpointLsns(names: readonly string[]): number[] {
  return names.flatMap((name) => (/^checkpoint-(\d{16})\.ckpt$/.exec(name) ? [Number(name.slice(11, 27))] : [])).sort((a, b) => b - a)
}

function setU64(view: DataView, at: number, value: number): void {
  view.setUint32(at, value % TWO_32, true)
  view.setUint32(at + 4, Math.floor(value / TWO_32), true)
}

function getU64(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * TWO_32
}

function encodeHead(logId: Uint8Array, { lsn, sections }: Checkpoint): Uint8Array {
  const head = new Uint8Array(HEADER_BYTES + sections.length * ENTRY_BYTES)
  const view = new DataView(head.buffer)
  head.set(MAGIC)
  view.setUint32(8, VERSION, true)
  view.setUint32(12, sections.length, true)
  head.set(logId, 16)
  setU64(view, 32, lsn)
  sections.forEach(({ component, bytes }, index) => {
    view.setUint32(HEADER_BYTES + index * ENTRY_BYTES, component, true)
    setU64(view, HEADER_BYTES + index * ENTRY_BYTES + 8, bytes.length)
  })
  return head
}

/**
 * Writes a checkpoint so that a crash at any point leaves either the whole file or none: a temporary file, forced to the
 * device, read back and compared, then renamed. Stops after every piece so that its caller can commit in between.
 *
 * @param temporary its name until it is whole: two who write the checkpoint of one record at one time must not meet in one file
 */
export function* writeCheckpoint(
  fs: FileSystem, folder: string, logId: Uint8Array, checkpoint: Checkpoint, temporary = `${checkpointPath(folder, checkpoint.lsn)}.tmp`,
): Generator<undefined, void> {
  const path = checkpointPath(folder, checkpoint.lsn)
  fs.remove(temporary)
  const file = fs.open(temporary, 'wx+')
  try {
    const hash = createHash('sha256')
    let at = 0
    let syncedTo = 0
    for (const bytes of [encodeHead(logId, checkpoint), ...checkpoint.sections.map((section) => section.bytes)]) {
      for (let from = 0; from < bytes.length; from += CHECKPOINT_STEP_BYTES) {
        const piece = bytes.subarray(from, from + CHECKPOINT_STEP_BYTES)
        hash.update(piece)
        fs.write(file, piece, at)
        at += piece.length
        if (at - syncedTo >= CHECKPOINT_SYNC_BYTES) {
          fs.syncData(file)
          syncedTo = at
        }
        yield
      }
    }
    const digest = hash.digest()
    fs.write(file, digest, at)
    fs.syncData(file)
    yield* readBack(fs, file, at, digest, path)
  } catch (error) {
    fs.close(file)
    fs.remove(temporary)
    throw error
  }
  fs.close(file)
  fs.rename(temporary, path)
  fs.syncFolder(folder)
}

/**
 * Makes sure that a checkpoint which somebody else has written, forced and read back is in its place.
 * @throws SymphonyError `NOT_FOUND`
 */
export function checkPlace(fs: FileSystem, folder: string, lsn: number, logId: Uint8Array): void {
  const path = checkpointPath(folder, lsn)
  const head = new Uint8Array(HEADER_BYTES)
  if (fs.stat(path) !== undefined) {
    const file = fs.open(path, 'r')
    try {
      fs.read(file, head, 0)
    } finally {
      fs.close(file)
    }
  }
  const isOurs = MAGIC.every((byte, at) => head[at] === byte) && Buffer.compare(head.subarray(16, 32), logId) === 0
  if (isOurs && getU64(new DataView(head.buffer), 32) === lsn) return
  throw journalError('NOT_FOUND', `There is no checkpoint of this log in ${path}. Write one there with placeCheckpoint, then adopt it.`, { path })
}

function* readBack(fs: FileSystem, file: number, length: number, digest: Uint8Array, path: string): Generator<undefined, void> {
  const hash = createHash('sha256')
  const window = new Uint8Array(Math.min(length, CHECKPOINT_STEP_BYTES))
  for (let at = 0; at < length; at += window.length) {
    const piece = window.subarray(0, Math.min(window.length, length - at))
    fs.read(file, piece, at)
    hash.update(piece)
    yield
  }
  const trailer = new Uint8Array(DIGEST_BYTES)
  fs.read(file, trailer, length)
  const same = Buffer.compare(hash.digest(), digest) === 0 && Buffer.compare(trailer, digest) === 0
  if (same) return
  const message = `${path} does not read back as it was written. Check the disk; the former checkpoint and the log are untouched.`
  throw journalError('STORAGE_FAILED', message, { path })
}

/** Reads a checkpoint and verifies it; undefined when it does not match its checksum or belongs to another log. */
export function readCheckpoint(fs: FileSystem, folder: string, lsn: number, logId: Uint8Array): Checkpoint | undefined {
  const path = checkpointPath(folder, lsn)
  const bytes = new Uint8Array(fs.stat(path)?.sizeBytes ?? 0)
  const file = fs.open(path, 'r')
  try {
    if (fs.read(file, bytes, 0) < bytes.length || bytes.length < HEADER_BYTES + DIGEST_BYTES) return undefined
  } finally {
    fs.close(file)
  }
  const content = bytes.subarray(0, bytes.length - DIGEST_BYTES)
  if (Buffer.compare(createHash('sha256').update(content).digest(), bytes.subarray(content.length)) !== 0) return undefined
  const view = new DataView(bytes.buffer)
  if (!MAGIC.every((byte, at) => bytes[at] === byte) || Buffer.compare(bytes.subarray(16, 32), logId) !== 0) return undefined
  const version = view.getUint32(8, true)
  if (version !== VERSION) {
    throw otherVersionError(path, version, VERSION)
  }
  const sections: CheckpointSection[] = []
  let at = HEADER_BYTES + view.getUint32(12, true) * ENTRY_BYTES
  for (let entry = HEADER_BYTES; sections.length < view.getUint32(12, true); entry += ENTRY_BYTES) {
    const length = getU64(view, entry + 8)
    sections.push({ component: view.getUint32(entry, true) as ComponentId, bytes: content.subarray(at, at + length) })
    at += length
  }
  return { lsn: getU64(view, 32), sections }
}
