import { SymphonyError } from '@symphony/interface'
import type { Clock, CommandLog, EventSink, FileSystem, Logger, Turns } from '@symphony/interface'
import { COMPONENT, invalid } from './failures.ts'
import { ARTIFACTS_DEFAULT } from './layout.ts'

/** What a user configures. */
export interface ArtifactsInit {
  /** Folder for contents. Without one everything is kept in memory and gone with the process. */
  readonly folder?: string
  /** Memory the cache of contents read from the folder may hold. Default 64 MiB. */
  readonly cacheBytesMax?: number
  /** A pack file is followed by a new one when it would grow beyond this. Default 256 MiB. */
  readonly packBytesMax?: number
  /** Larger contents get a file of their own. Default 1 MiB. */
  readonly largeBytes?: number
  /** Larger contents are refused. Default: no limit with a folder, 1 GiB in memory. */
  readonly artifactBytesMax?: number
  /** `true` indexes text as it is put, `'lazy'` (default) from the first search on, `false` refuses searches. */
  readonly search?: boolean | 'lazy'
  /** Artifacts that may be stored at once. Untouched rows cost no memory. Default 1,048,576; at most 16,777,216. */
  readonly artifactsMax?: number
  /**
   * Only looks: nothing in the folder is made, filled or removed, so that it can be read beside the store it belongs to, or as it was
   * when something went wrong. New contents are refused with `NOT_SUPPORTED`. Default: false.
   */
  readonly readOnly?: boolean
}

/** What a composer injects. */
export interface ArtifactsPorts {
  readonly clock?: Clock
  /** Where changes are written down first. Without it a folder holds contents, but nothing tells a later process about them. */
  readonly log?: CommandLog | undefined
  readonly events?: EventSink
  readonly fileSystem?: FileSystem
  readonly logger?: Logger
  readonly turns?: Turns
}

export interface Settings {
  readonly folder: string | undefined
  readonly cacheBytesMax: number
  readonly packBytesMax: number
  readonly largeBytes: number
  readonly artifactBytesMax: number
  readonly search: boolean | 'lazy'
  readonly artifactsMax: number
  readonly readOnly: boolean
}

const KIB = 1024
const MIB = 1024 * KIB
const GIB = 1024 * MIB

const NUMBERS = {
  cacheBytesMax: [0, Number.MAX_SAFE_INTEGER, 64 * MIB],
  packBytesMax: [64, 2 ** 40, 256 * MIB],
  // A pack entry is written with one buffer, so what goes into a pack stays small.
  largeBytes: [0, 64 * MIB, MIB],
  artifactBytesMax: [1, Number.MAX_SAFE_INTEGER, undefined],
  artifactsMax: [1, 1 << 24, ARTIFACTS_DEFAULT],
} as const

const KEYS: readonly string[] = ['folder', 'search', 'readOnly', ...Object.keys(NUMBERS)]

/** The init with its defaults filled in, checked once. @throws SymphonyError `INVALID_ARGUMENT`, `UNKNOWN_KEY` */
export function checkedInit(init: ArtifactsInit): Settings {
  const stranger = Object.keys(init).find((key) => !KEYS.includes(key))
  if (stranger !== undefined) {
    const message = `"${stranger}" is not a setting of the artifact store; it has ${KEYS.join(', ')}.`
    throw new SymphonyError({ code: 'UNKNOWN_KEY', component: COMPONENT, message, details: { key: stranger } })
  }
  const { folder, search = 'lazy', readOnly = false } = init
  if (folder !== undefined && (typeof folder !== 'string' || folder === '')) throw invalid('"folder" has to be the path of a folder.')
  if (typeof search !== 'boolean' && search !== 'lazy') throw invalid('"search" has to be true, false or "lazy".')
  if (typeof readOnly !== 'boolean') throw invalid('"readOnly" has to be true or false.')
  if (readOnly && folder === undefined) throw invalid('"readOnly" needs a folder to read.')
  return Object.freeze({
    folder,
    search,
    readOnly,
    cacheBytesMax: checkedNumber(init, 'cacheBytesMax') as number,
    packBytesMax: checkedNumber(init, 'packBytesMax') as number,
    largeBytes: checkedNumber(init, 'largeBytes') as number,
    artifactsMax: checkedNumber(init, 'artifactsMax') as number,
    artifactBytesMax: checkedNumber(init, 'artifactBytesMax') ?? (folder === undefined ? GIB : Number.MAX_SAFE_INTEGER),
  })
}

function checkedNumber(init: ArtifactsInit, key: keyof typeof NUMBERS): number | undefined {
  const [least, most, otherwise] = NUMBERS[key]
  const value: unknown = init[key]
  if (value === undefined) return otherwise
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) return value as number
  throw invalid(`"${key}" has to be a whole number from ${least} to ${most}, not ${String(value)}.`)
}
