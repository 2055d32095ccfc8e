import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { isSymphonyError } from '@symphony/interface'
import type { Random } from '@symphony/interface'
import { openJournal } from '@symphony/journal'
import { seededRandom } from '@symphony/ports'
import { LogOracle } from '../log-oracle.ts'
import { logPlace, makeBesides, settingsOf } from '../log-place.ts'
import type { LogPlace } from '../log-place.ts'
import { writeLog } from '../log-writer.ts'
import { memoryFolder } from '../memory-folder.ts'
import { between, oneOf } from '../scenario.ts'
import type { Scenario } from '../scenario.ts'

const FLIPS = 60
const CUTS = 30
const SEGMENT_BYTES = 4096
const HEADER_BYTES = 64

/** A log on files, as its writer left it, and what is known of it from its bytes alone. */
interface SavedLog {
  readonly place: LogPlace
  readonly lastLsn: number
  readonly isClosed: boolean
  /** The file with the last frame, and where its frames begin; the last entry is where they end. */
  readonly lastSegment: string
  readonly frames: readonly Frame[]
  /** Of the newest checkpoint, 0 without one: so much is there whatever becomes of the segments. */
  readonly checkpointLsn: number
}

interface Frame {
  readonly offset: number
  /** Of the record before it. */
  readonly lsnBefore: number
}

/** One bit is flipped anywhere in a small log, or one file cut anywhere, and the log opened as anybody would open it. */
export const damagedLog: Scenario = {
  name: 'damaged-log',
  what: 'a bit flipped or a file cut anywhere: told, or nothing lost but the end of what was being written; never wrong records',
  needs: [],
  cycles: 6,
  async run({ seed, random, folder, count }) {
    const memory = memoryFolder(folder)
    try {
      const saved = await writeSmallLog(seed, seed % 2 === 0, random, memory)
      for (let flip = 0; flip < FLIPS; flip++) count(await openDamaged(saved, seed, random, memory, flipBit))
      for (let cut = 0; cut < CUTS; cut++) count(await openDamaged(saved, seed, random, memory, cutFile))
    } finally {
      rmSync(memory, { recursive: true, force: true })
    }
  },
}

async function writeSmallLog(seed: number, isClosed: boolean, random: Random, folder: string): Promise<SavedLog> {
  const written: LogPlace = { ...logPlace(random, folder), segmentBytes: SEGMENT_BYTES, contentBytesMax: 300 }
  makeBesides(written)
  const journal = await openJournal({ ...settingsOf(written), threadAfterCommits: oneOf(random, [0, 2]) })
  const save = join(folder, 'saved')
  // Copied before it is closed, the log is that of a process that was killed.
  const say = (word: string): void => void (word === 'closing' && !isClosed && cpSync(written.folder, save, { recursive: true }))
  await writeLog({ journal, place: written, seed, generation: 0, rounds: between(random, 2, 6), random: seededRandom(seed), say })
  if (isClosed) cpSync(written.folder, save, { recursive: true })
  const place = { ...written, folder: save }
  const lastLsn = await new LogOracle(seed).check(place, { readOnly: true })
  return { place, lastLsn, isClosed, checkpointLsn: newestCheckpoint(save), ...lastFrames(save) }
}

function newestCheckpoint(folder: string): number {
  return Math.max(0, ...readdirSync(folder).map((name) => Number(/^checkpoint-(\d+)\.ckpt$/.exec(name)?.[1] ?? 0)))
}

function lastFrames(folder: string): Pick<SavedLog, 'lastSegment' | 'frames'> {
  const segments = readdirSync(folder).filter((name) => name.endsWith('.log')).sort().reverse()
  for (const lastSegment of segments) {
    const bytes = readFileSync(join(folder, lastSegment))
    const frames: Frame[] = []
    let offset = HEADER_BYTES
    for (let length = bytes.readUInt32LE(offset); length > 0; length = offset + 4 > bytes.length ? 0 : bytes.readUInt32LE(offset)) {
      frames.push({ offset, lsnBefore: bytes.readUInt32LE(offset + 16) - 1 })
      offset += length
    }
    if (frames.length > 0) return { lastSegment, frames: [...frames, { offset, lsnBefore: Infinity }] }
  }
  throw new Error('the log that was to be damaged is empty')
}

/** What was done to a file: where, and whether only the rest of it is gone. */
interface Damage {
  readonly file: string
  readonly at: number
  readonly isCut: boolean
}

function flipBit(path: string, random: Random): Damage {
  const bytes = readFileSync(path)
  // Mostly where something is written; the zeroes behind it are many.
  const written = bytes.findLastIndex((byte) => byte !== 0) + 1
  const at = between(random, 0, random.next() < 0.9 ? written - 1 : bytes.length - 1)
  bytes[at] = (bytes[at] as number) ^ (1 << between(random, 0, 7))
  writeFileSync(path, bytes)
  return { file: basename(path), at, isCut: false }
}

function cutFile(path: string, random: Random): Damage {
  const at = between(random, 0, readFileSync(path).length - 1)
  truncateSync(path, at)
  return { file: basename(path), at, isCut: true }
}

/** @returns what came of it */
async function openDamaged(saved: SavedLog, seed: number, random: Random, base: string, harm: (path: string, random: Random) => Damage): Promise<string> {
  const folder = mkdtempSync(join(base, 'damaged-'))
  cpSync(saved.place.folder, folder, { recursive: true })
  const damage = harm(join(folder, oneOf(random, readdirSync(folder).filter((name) => /\.(log|ckpt)$/.test(name)))), random)
  try {
    const found = await new LogOracle(seed).check({ ...saved.place, folder }, { threadAfterCommits: random.next() < 0.1 ? 0 : 16 })
    checkFound(saved, damage, found)
    return found === saved.lastLsn ? 'damages without loss' : 'ends of logs cut'
  } catch (error) {
    if (!isSymphonyError(error, 'JOURNAL_CORRUPT') && !isSymphonyError(error, 'LAYOUT_MISMATCH')) throw new Error(`${damage.isCut ? 'cut' : 'flipped'} at ${damage.at} of ${damage.file}: ${String(error)}`, { cause: error })
    checkRefused(saved, damage, error)
    return 'damages told'
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** A loss that is not told is an end that was being written, nothing else. */
function checkFound({ lastLsn, isClosed, lastSegment, frames, checkpointLsn }: SavedLog, { file, at, isCut }: Damage, found: number): void {
  if (found === lastLsn) return
  const torn = frames.findLast(({ offset }) => offset <= at)
  const lastFrame = frames.at(-2) as Frame
  const isAtEnd = file === lastSegment && (isCut || (!isClosed && at >= lastFrame.offset))
  const isEnd = isAtEnd && found === Math.max(torn?.lsnBefore ?? 0, checkpointLsn)
  if (!isEnd) throw new Error(`the log opened with ${found} of ${lastLsn} records and told nobody`)
}

/** A cut in the last segment is what a crash of the file system may leave: no reason to refuse. */
function checkRefused({ lastSegment, isClosed }: SavedLog, { file, at, isCut }: Damage, error: Error): void {
  if (file.endsWith('.ckpt')) throw new Error(`a checkpoint was damaged at ${at}, and the log refused to open: ${error.message}`)
  if (isCut && !isClosed && file === lastSegment && at >= HEADER_BYTES) throw new Error(`the last segment was cut at ${at}, and the log refused to open: ${error.message}`)
}
