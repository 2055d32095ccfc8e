import type { ComponentId, FileSystem, Json, SymphonyError } from '@symphony/interface'
import { isSymphonyError } from '@symphony/interface'
import { silentLogger } from '@symphony/ports'
import { isFolderOpen } from '../folder-lock.ts'
import { journalError } from '../journal-error.ts'
import { READ_ATTEMPTS } from '../limits.ts'
import { surveyLog } from '../recovery.ts'
import { knownStates, lastState, mapLog } from './log-map.ts'
import type { CommandCount, Damage, LogMap } from './log-map.ts'

/** One segment file of a log. */
export interface SegmentReport {
  readonly number: number
  readonly path: string
  readonly sizeBytes: number
  /** Of its header and of frames that verify. */
  readonly usedBytes: number
  /** Of the records in it that verify; both 0 without one. */
  readonly firstLsn: number
  readonly lastLsn: number
  readonly records: number
  readonly commits: number
  /** Ends in the mark of an orderly close. */
  readonly isClosed: boolean
}

/** One checkpoint file of a log. */
export interface CheckpointReport {
  readonly lsn: number
  readonly path: string
  readonly sizeBytes: number
  readonly verifies: boolean
  readonly sections: readonly { readonly component: ComponentId; readonly bytes: number }[]
}

/** Why opening for writing refuses. */
export interface Refusal {
  readonly code: SymphonyError['code']
  readonly message: string
  readonly details: { readonly [key: string]: Json }
}

/** What lies in the folder of a log. */
export interface JournalReport {
  readonly folder: string
  /** The log's random id, 32 hexadecimal digits. */
  readonly logId: string
  /** A process has it open: the last frame may be half written. False for a file system of one's own. */
  readonly isOpen: boolean
  readonly segments: readonly SegmentReport[]
  /** Newest first. */
  readonly checkpoints: readonly CheckpointReport[]
  /** What was logged by component and type, of all records that verify. */
  readonly commands: readonly CommandCount[]
  /** The earliest state that can be had: as of this record. */
  readonly earliestLsn: number
  /** The last record opening hands out; with damage, the last one that salvage keeps. */
  readonly lastLsn: number
  /** Everything that does not verify, in order: also what opening does without. */
  readonly damages: readonly Damage[]
  /** Bytes of an interrupted write at the end. */
  readonly tornBytes: number
  /** Names of files that were set aside before: `.torn`, `.broken`, and what salvage wrote about it. */
  readonly setAside: readonly string[]
  /** Undefined when it opens. */
  readonly refusal: Refusal | undefined
}

/** Where a log is looked at. */
export interface ReadPorts {
  /** Default: the machine's files. */
  readonly fileSystem?: FileSystem
}

/**
 * Looks at a log beside whoever writes it: what is damaged at the first look is looked at again while a process has it open.
 *
 * @throws SymphonyError `NOT_FOUND`, `LAYOUT_MISMATCH`
 */
export function reportOn(fs: FileSystem, folder: string, isOpen: () => boolean): JournalReport {
  for (let attempt = 1; ; attempt++) {
    const { map, refusal } = look(fs, folder)
    if (refusal === undefined || attempt === READ_ATTEMPTS || !isOpen()) return describe(fs, folder, map, refusal, isOpen())
  }
}

/** Whether a process has the folder open: known for the machine's files only. */
export function openness(folder: string, ports: ReadPorts): () => boolean {
  return ports.fileSystem === undefined ? () => isFolderOpen(folder) : () => false
}

/** @throws SymphonyError `NOT_FOUND`, `LAYOUT_MISMATCH` */
export function mapOf(fs: FileSystem, folder: string): LogMap {
  for (let attempt = 1; fs.stat(folder) !== undefined; attempt++) {
    try {
      const map = mapLog(fs, folder)
      if (map === undefined) break
      return map
    } catch (error) {
      // Dropped by a writer between listing and opening.
      if (!isSymphonyError(error, 'NOT_FOUND') || attempt === READ_ATTEMPTS) throw error
    }
  }
  throw journalError('NOT_FOUND', `There is no journal in ${folder}. Check the path.`, { folder })
}

/** The map of a log, and why opening it refuses. @throws SymphonyError `NOT_FOUND`, `LAYOUT_MISMATCH` */
export function look(fs: FileSystem, folder: string): { readonly map: LogMap; readonly refusal: SymphonyError | undefined } {
  const map = mapOf(fs, folder)
  try {
    surveyLog(fs, folder, silentLogger)
    return { map, refusal: undefined }
  } catch (error) {
    if (isSymphonyError(error, 'JOURNAL_CORRUPT') || isSymphonyError(error, 'NOT_FOUND')) return { map, refusal: error }
    throw error
  }
}

function describe(fs: FileSystem, folder: string, map: LogMap, refusal: SymphonyError | undefined, isOpen: boolean): JournalReport {
  const { lastLsn } = lastState(map)
  return {
    folder,
    logId: Buffer.from(map.logId).toString('hex'),
    isOpen,
    segments: map.segments.map((file) => describeSegment(map, file)),
    checkpoints: map.checkpoints.map(({ lsn, path, sizeBytes, sections }) => ({
      lsn, path, sizeBytes, verifies: sections !== undefined, sections: (sections ?? []).map(({ component, bytes }) => ({ component, bytes: bytes.length })),
    })),
    commands: map.counts,
    earliestLsn: knownStates(map).at(-1) ?? lastLsn,
    lastLsn,
    damages: map.damages,
    tornBytes: map.damages.filter(({ isTorn }) => isTorn).reduce((sum, { bytes }) => sum + bytes, 0),
    setAside: fs.list(folder).filter((name) => /\.(torn|broken)$|^salvage-\d+\.json$/.test(name)),
    refusal: refusal && { code: refusal.code, message: refusal.message, details: refusal.details },
  }
}

function describeSegment({ stretches }: LogMap, { number, path, sizeBytes }: LogMap['segments'][number]): SegmentReport {
  const own = stretches.filter(({ segment }) => segment.number === number)
  const holding = own.filter(({ firstLsn, nextLsn }) => firstLsn < nextLsn)
  const sum = (of: (stretch: LogMap['stretches'][number]) => number): number => own.reduce((total, stretch) => total + of(stretch), 0)
  return {
    number,
    path,
    sizeBytes,
    usedBytes: sum(({ offset, endOffset }) => endOffset - offset) + (own[0]?.offset ?? 0),
    firstLsn: holding[0]?.firstLsn ?? 0,
    lastLsn: (holding.at(-1)?.nextLsn ?? 1) - 1,
    records: sum(({ firstLsn, nextLsn }) => nextLsn - firstLsn),
    commits: sum(({ commits }) => commits),
    isClosed: own.at(-1)?.isClosed ?? false,
  }
}
