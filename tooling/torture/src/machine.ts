import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { withMount } from './mounts.ts'

/** What a machine may or may not have. */
export type Need = 'linux' | 'mount' | 'loop' | 'mkfs.ext4' | 'strace'

const checks: Readonly<Record<Need, { readonly isThere: () => boolean; readonly without: string }>> = {
  linux: { isThere: () => process.platform === 'linux', without: 'this is not Linux' },
  mount: { isThere: () => canDo(() => withMount({ type: 'tmpfs', options: 'size=1m' }, () => {})), without: 'nothing can be mounted here (root only)' },
  loop: { isThere: () => existsSync('/dev/loop-control'), without: 'there are no loop devices' },
  'mkfs.ext4': { isThere: () => commandPath('mkfs.ext4') !== undefined, without: 'mkfs.ext4 is not installed (e2fsprogs)' },
  strace: { isThere: () => canDo(() => execFileSync('strace', ['-f', '-o', '/dev/null', 'true'], { stdio: 'ignore' })), without: 'strace is not installed, or may not trace' },
}

const known = new Map<Need, boolean>()

/** Why a scenario cannot run here, or undefined. */
export function missing(needs: readonly Need[]): string | undefined {
  const absent = needs.find((need) => {
    if (!known.has(need)) known.set(need, checks[need].isThere())
    return known.get(need) !== true
  })
  return absent === undefined ? undefined : checks[absent].without
}

/** Administrators' commands are not on everybody's path. */
export function commandPath(name: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin']
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path))
}

function canDo(action: () => unknown): boolean {
  try {
    action()
    return true
  } catch {
    return false
  }
}
