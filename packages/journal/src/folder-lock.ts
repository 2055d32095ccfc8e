import { closeSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { FileSystem } from '@symphony/interface'
import { storageError } from '@symphony/ports'
import { journalError } from './journal-error.ts'

/** Lets the folder go. */
export type Unlock = () => Promise<void>

function lockedError(folder: string, holder: string): Error {
  const next = 'Close it there first, or choose another folder: two writers would destroy the log.'
  return journalError('JOURNAL_LOCKED', `${folder} is open already, ${holder}. ${next}`, { folder })
}

/**
 * Makes sure that one journal at a time has a folder open.
 *
 * On Linux the lock is a socket in the abstract namespace, named for the folder's device and inode: it has no file, and the system
 * takes it back with the process, also after `kill -9`. It is seen by the processes of one network namespace only; containers
 * that share a folder but not the network are told apart by nobody. Elsewhere it is a file with the process number.
 */
export async function lockFolder(folder: string): Promise<Unlock> {
  return process.platform === 'linux' ? lockBySocket(folder) : lockByFile(folder)
}

/**
 * Whether a living process has the journal of a folder open, without touching its lock: an answer about this moment, for people.
 * False where it cannot be known.
 */
export function isFolderOpen(folder: string): boolean {
  try {
    if (process.platform !== 'linux') return isAlive(Number(readFileSync(join(folder, 'journal.lock'), 'utf8')))
    const name = `@${socketName(folder)}`
    return readFileSync('/proc/net/unix', 'utf8').split('\n').some((line) => line.endsWith(name))
  } catch {
    return false
  }
}

function socketName(folder: string): string {
  const { dev, ino } = statSync(folder, { bigint: true })
  return `symphony-journal-${dev}-${ino}`
}

async function lockBySocket(folder: string): Promise<Unlock> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) =>
      reject(cause.code === 'EADDRINUSE' ? lockedError(folder, 'by this or another process') : storageError(cause, `lock ${folder}`)),
    )
    // Without `exclusive`, the workers of a cluster would be given one socket in common.
    server.listen({ path: `\0${socketName(folder)}`, exclusive: true }, resolve)
  })
  server.unref()
  return () => new Promise((resolve) => server.close(() => resolve()))
}

/** A lock file holds the number of its process; one whose process is gone is taken over. */
export async function lockByFile(folder: string): Promise<Unlock> {
  const path = join(folder, 'journal.lock')
  for (;;) {
    try {
      const file = openSync(path, 'wx')
      writeSync(file, String(process.pid))
      closeSync(file)
      return async () => rmSync(path, { force: true })
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw storageError(cause, `create ${path}`)
    }
    const holder = Number(readFileSync(path, 'utf8'))
    if (holder > 0 && isAlive(holder)) throw lockedError(folder, `by process ${holder} (see ${path})`)
    rmSync(path, { force: true })
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

const held: WeakMap<FileSystem, Set<string>> = new WeakMap()

/** The same for a file system that lives inside this process. */
export function lockWithin(fs: FileSystem, folder: string): Unlock {
  const folders = held.get(fs) ?? new Set()
  held.set(fs, folders)
  if (folders.has(folder)) throw lockedError(folder, 'in this process')
  folders.add(folder)
  return async () => void folders.delete(folder)
}
