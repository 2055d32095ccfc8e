import { lstatSync, readdirSync, realpathSync, statSync, type BigIntStats, type Dirent } from 'node:fs'
import { join, sep } from 'node:path'
import { SymphonyError } from '@symphony/interface'
import { displayPath } from './display-path.ts'
import type { UnreadableCode } from './unreadable.ts'

/** A file worth reading. */
export interface ScannedFile {
  /** Relative to the scanned folder, with `/` as separator; any character a name may hold. Show it through `displayPath`. */
  readonly path: string
  /** Bytes. */
  readonly size: number
  /** Milliseconds since 1970. */
  readonly mtimeMs: number
  /** Changes whenever the file is written, replaced or renamed over: device, inode, size, and both times to the nanosecond. */
  readonly stat: string
}

/** Something in the folder that will not be read, and why. */
export interface Unreadable {
  readonly path: string
  readonly code: UnreadableCode
  readonly reason: string
}

/** What a scan found, both lists sorted by the bytes of the paths. */
export interface ScanListing {
  readonly files: readonly ScannedFile[]
  readonly unreadable: readonly Unreadable[]
}

export interface ScanOptions {
  /** Selects files by relative path. Default: all. */
  readonly include?: (path: string) => boolean
  /** Larger files are listed as unreadable and never opened. Default {@link FILE_BYTES_MAX}. */
  readonly fileBytesMax?: number
}

/** A folder to scan, and the name under which its files appear in a merged listing. */
export interface ScanSource extends ScanOptions {
  readonly folder: string
  readonly label: string
}

/** 256 MiB: a file is held in memory while it is unpacked, several at a time. */
export const FILE_BYTES_MAX: number = 256 * 1024 * 1024

interface Walk {
  readonly root: string
  readonly realRoot: string
  readonly include: (path: string) => boolean
  readonly fileBytesMax: number
  readonly folders: string[]
  readonly files: ScannedFile[]
  readonly unreadable: Unreadable[]
}

/**
 * Lists the files of a folder and of the folders in it, without opening any of them.
 *
 * Symbolic links are never followed. One that points to something inside the folder is passed over, since its target is listed itself;
 * one that dangles, leads in a circle or leaves the folder is listed as unreadable, as are devices, sockets, pipes and
 * folders that may not be entered.
 *
 * @throws SymphonyError NOT_FOUND if there is no such folder.
 *
 * @example
 * const { files, unreadable } = scanFolder('/home/me/papers', { include: isDocumentation })
 */
export function scanFolder(folder: string, options: ScanOptions = {}): ScanListing {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) {
    const message = `There is no folder ${displayPath(folder)}; name an existing folder to scan.`
    throw new SymphonyError({ code: 'NOT_FOUND', component: 'docket/scan', message, details: { folder } })
  }
  const { include = () => true, fileBytesMax = FILE_BYTES_MAX } = options
  const walk: Walk = { root: folder, realRoot: realpathSync(folder), include, fileBytesMax, folders: [''], files: [], unreadable: [] }
  for (let next = walk.folders.pop(); next !== undefined; next = walk.folders.pop()) visitFolder(walk, next)
  return { files: sortByPath(walk.files), unreadable: sortByPath(walk.unreadable) }
}

/** Scans several folders into one listing; each path starts with its source's label. */
export function scanSources(sources: readonly ScanSource[]): ScanListing {
  const files: ScannedFile[] = []
  const unreadable: Unreadable[] = []
  for (const source of sources) {
    const listing = scanFolder(source.folder, source)
    for (const file of listing.files) files.push({ ...file, path: `${source.label}/${file.path}` })
    for (const entry of listing.unreadable) unreadable.push({ ...entry, path: entry.path === '' ? source.label : `${source.label}/${entry.path}` })
  }
  return { files: sortByPath(files), unreadable: sortByPath(unreadable) }
}

/** Where a file of a merged listing lies on disk. */
export function locate(sources: readonly Pick<ScanSource, 'folder' | 'label'>[], path: string): string {
  // The longest label wins, so that a label may be a prefix of another.
  const source = sources
    .filter(({ label }) => path.startsWith(`${label}/`))
    .sort((a, b) => b.label.length - a.label.length)[0]
  if (source !== undefined) return join(source.folder, ...path.slice(source.label.length + 1).split('/'))
  const message = `No source is labelled as the start of ${displayPath(path)}; scan again with the source it came from.`
  throw new SymphonyError({ code: 'NOT_FOUND', component: 'docket/scan', message, details: { path } })
}

function visitFolder(walk: Walk, folder: string): void {
  const entries = readFolder(walk, folder)
  for (const entry of entries) {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`
    if (entry.isDirectory()) walk.folders.push(path)
    else if (entry.isSymbolicLink()) visitLink(walk, path)
    else if (walk.include(path)) visitFile(walk, path)
  }
}

function readFolder(walk: Walk, folder: string): readonly Dirent[] {
  try {
    return readdirSync(join(walk.root, folder), { withFileTypes: true })
  } catch (error) {
    note(walk, folder, ...explain(error, 'folder'))
    return []
  }
}

function visitFile(walk: Walk, path: string): void {
  let stat: BigIntStats
  try {
    stat = lstatSync(join(walk.root, path), { bigint: true })
  } catch (error) {
    note(walk, path, ...explain(error, 'file'))
    return
  }
  if (!stat.isFile()) return note(walk, path, 'not-a-file', `It is a ${specialKind(stat)}, not a file.`)
  const size = Number(stat.size)
  if (size > walk.fileBytesMax) return note(walk, path, 'too-large', `The file has ${size} bytes; the limit is ${walk.fileBytesMax}.`)
  const identity = `${stat.dev}:${stat.ino}:${stat.size}:${stat.mtimeNs}:${stat.ctimeNs}`
  walk.files.push({ path, size, mtimeMs: Number(stat.mtimeNs / 1_000_000n), stat: identity })
}

function visitLink(walk: Walk, path: string): void {
  const place = join(walk.root, path)
  try {
    const target = realpathSync(place)
    const parent = join(walk.realRoot, path, '..')
    if (`${parent}${sep}`.startsWith(`${target}${sep}`)) note(walk, path, 'symlink-loop', 'The link leads back to a folder it lies in.')
    else if (!`${target}${sep}`.startsWith(`${walk.realRoot}${sep}`)) noteFile(walk, path, 'symlink', 'The link leaves the folder; it is not followed.')
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ELOOP') note(walk, path, 'symlink-loop', 'The link leads in a circle.')
    else if (code === 'ENOENT' || code === 'ENOTDIR') noteFile(walk, path, 'symlink-dangling', 'The link points to nothing.')
    else noteFile(walk, path, ...explain(error, 'file'))
  }
}

function specialKind(stat: BigIntStats): string {
  if (stat.isFIFO()) return 'pipe'
  if (stat.isSocket()) return 'socket'
  return stat.isBlockDevice() || stat.isCharacterDevice() ? 'device' : 'special entry'
}

function explain(error: unknown, what: 'file' | 'folder'): readonly [UnreadableCode, string] {
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown error'
  if (code === 'EACCES' || code === 'EPERM') return ['permission-denied', `Reading the ${what} is not permitted.`]
  // A name that is not valid UTF-8 cannot be written as text, hence not be found again under the name that was listed.
  if (code === 'ENOENT') return ['read-failed', `The ${what} cannot be found under its name; it was removed, or the name is not valid UTF-8.`]
  return ['read-failed', `The ${what} cannot be read (${code}).`]
}

function noteFile(walk: Walk, path: string, code: UnreadableCode, reason: string): void {
  if (walk.include(path)) note(walk, path, code, reason)
}

function note(walk: Walk, path: string, code: UnreadableCode, reason: string): void {
  walk.unreadable.push({ path, code, reason })
}

function sortByPath<T extends { readonly path: string }>(entries: readonly T[]): readonly T[] {
  // Comparing the encoded bytes, since the order of JavaScript strings differs from it beyond the basic plane.
  const keyed = entries.map((entry) => ({ entry, key: Buffer.from(entry.path) }))
  return keyed.sort((a, b) => Buffer.compare(a.key, b.key)).map(({ entry }) => entry)
}
