import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Heartbeat, Turns } from '@symphony/interface'
import { nodeFileSystem, silentLogger, systemTurns } from '@symphony/ports'
import { createRuntime } from '@symphony/runtime'
import { describe, expect, it, onTestFinished } from 'vitest'
import { SpaceWatch } from '../src/space-watch.ts'

const MIB = 1024 * 1024

/** Turns whose repeated calls come when they are told to. */
function toldTurns(): Turns & { beat(): void } {
  const calls = new Set<() => void>()
  return {
    later: (run) => systemTurns.later(run),
    every(_periodMs, run): Heartbeat {
      calls.add(run)
      return { lateMs: () => 0, stop: () => void calls.delete(run) }
    },
    beat: () => calls.forEach((call) => call()),
  }
}

describe.skipIf(!mayMount())('on a disk that fills (needs root and tmpfs)', () => {
  it('a reserve is set aside, given to who finds no room, and set aside anew when there is some', () => {
    const disk = mountedTmpfs('12m')
    const turns = toldTurns()
    const watch = new SpaceWatch(nodeFileSystem, disk, turns, silentLogger)
    watch.start()
    expect([watch.refusal(), nodeFileSystem.stat(watch.path)]).toEqual([undefined, undefined])
    turns.beat()
    expect([watch.refusal(), nodeFileSystem.stat(watch.path)?.sizeBytes]).toEqual([undefined, 8 * MIB])
    const file = watch.files.open(join(disk, 'large'), 'wx+')
    watch.files.write(file, new Uint8Array(6 * MIB), 0)
    turns.beat()
    expect(watch.refusal()).toMatchObject({ code: 'STORAGE_FULL', retryable: true })
    for (let beat = 0; beat < 10; beat++) turns.beat()
    expect(watch.refusal()).toBeDefined()
    rmSync(join(disk, 'large'))
    watch.files.close(file)
    for (let beat = 0; beat < 5; beat++) turns.beat()
    expect([watch.refusal(), nodeFileSystem.stat(watch.path)?.sizeBytes]).toEqual([undefined, 8 * MIB])
    watch.stop()
  })

  it('what has been started goes on and is kept, nothing new is started, and there is no need to open it anew', async () => {
    const disk = mountedTmpfs('24m')
    const turns = toldTurns()
    const folder = join(disk, 'state')
    const runtime = await createRuntime({ folder, turns })
    onTestFinished(() => runtime.close())
    turns.beat()
    const gate = Promise.withResolvers<void>()
    const output = new Uint8Array(200_000).fill(7)
    const long = {
      name: 'long',
      output: 't9',
      tasks: Array.from({ length: 10 }, (_, at) => ({
        id: `t${at}`,
        ...(at > 0 && { needs: [`t${at - 1}`] }),
        run: async () => (at === 0 && (await gate.promise), output.map((byte) => byte + at)),
      })),
    }
    const handle = await runtime.conductor.orchestrate(long)
    // Somebody else takes all there is.
    fill(join(disk, 'others'))
    gate.resolve()
    expect(await handle.result()).toEqual(output.map((byte) => byte + 9))
    turns.beat()
    expect(runtime.health().components.find(({ component }) => component === 'conductor')).toMatchObject({ status: 'degraded', reasons: [expect.stringContaining('disk')] })
    await expect(runtime.conductor.orchestrate(long)).rejects.toMatchObject({ code: 'STORAGE_FULL', retryable: true })
    rmSync(join(disk, 'others'))
    for (let beat = 0; beat < 6; beat++) turns.beat()
    expect(runtime.health().status).toBe('healthy')
    expect(await (await runtime.conductor.orchestrate(long)).result()).toEqual(output.map((byte) => byte + 9))
  })
})

/** Writes until the disk is full. */
function fill(path: string): void {
  try {
    for (;;) writeFileSync(path, new Uint8Array(65_536), { flag: 'a' })
  } catch (error) {
    expect(error).toMatchObject({ code: 'ENOSPC' })
  }
}

function mayMount(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false
  const folder = mkdtempSync(join(tmpdir(), 'symphony-mount-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder], { stdio: 'ignore' })
    execFileSync('umount', [folder], { stdio: 'ignore' })
    return true
  } catch {
    return false
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function mountedTmpfs(size: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'symphony-full-'))
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder])
  onTestFinished(() => {
    execFileSync('umount', ['-l', folder])
    rmSync(folder, { recursive: true, force: true })
  })
  return folder
}
