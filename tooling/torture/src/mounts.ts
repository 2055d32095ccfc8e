import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What is mounted: memory, or the image of a disk in a file. */
export type MountSource = { readonly type: 'tmpfs'; readonly options: string } | { readonly type: 'ext4'; readonly image: string; readonly options: string }

const mounted = new Set<string>()
let isCleanedAtExit = false

/** Mounts something on a fresh folder and returns the folder; `unmount` it. What is forgotten is unmounted when the process ends. */
export function mount(source: MountSource): string {
  const folder = mkdtempSync(join(tmpdir(), 'symphony-mount-'))
  try {
    // A loop device set up by mount itself is detached by umount.
    const what = source.type === 'tmpfs' ? 'tmpfs' : source.image
    const options = source.type === 'tmpfs' ? source.options : `loop,${source.options}`
    run('mount', ['-t', source.type, '-o', options, what, folder])
  } catch (error) {
    rmdirSync(folder)
    throw error
  }
  mounted.add(folder)
  if (!isCleanedAtExit) process.once('exit', () => mounted.forEach(unmount))
  isCleanedAtExit = true
  return folder
}

/** Unmounts and removes the folder. A file that is still open somewhere does not keep it. */
export function unmount(folder: string): void {
  if (!mounted.delete(folder)) return
  try {
    run('umount', [folder])
  } catch {
    run('umount', ['-l', folder])
  }
  rmdirSync(folder)
}

/** Runs with something mounted, and leaves nothing behind whatever happens. */
export function withMount<T>(source: MountSource, use: (folder: string) => T): T {
  const folder = mount(source)
  let isWaited = false
  try {
    const result = use(folder)
    if (!(result instanceof Promise)) return result
    isWaited = true
    return result.finally(() => unmount(folder)) as T
  } finally {
    if (!isWaited) unmount(folder)
  }
}

/** A file that holds an empty ext4, sparse. */
export function makeImage(path: string, sizeMiB: number, mkfs: string): void {
  run('truncate', ['-s', `${sizeMiB}M`, path])
  run(mkfs, ['-q', '-F', '-m', '0', '-J', 'size=4', '-E', 'nodiscard,lazy_itable_init=0', path])
}

/** What the device holds this moment: everything that only the memory of the system knows is left out. */
export function copyImage(from: string, to: string): void {
  run('cp', ['--sparse=always', from, to])
}

function run(command: string, args: readonly string[]): void {
  execFileSync(command, args, { stdio: ['ignore', 'ignore', 'pipe'] })
}
