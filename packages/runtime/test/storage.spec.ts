import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { WorkflowSpec } from '@symphony/interface'
import { createRuntime } from '@symphony/runtime'

// A disk of 64 MB that can be filled and mounted read-only: real ones, so these need the right to mount.
let disk = ''

function canMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'symphony-mount-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'ignore' })
    execFileSync('umount', [folder])
    return true
  } catch {
    return false
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const filling: WorkflowSpec = {
  name: 'filling',
  output: 'end',
  types: [{ name: 'chunk', run: ({ params }) => new Uint8Array(512 * 1024).fill(params as number) }],
  tasks: [
    { id: 'split', run: ({ expand }) => expand({ tasks: Array.from({ length: 40 }, (_, params) => ({ id: `chunk ${params}`, type: 'chunk', params, feeds: ['end'] })) }) },
    { id: 'end', needs: ['split'], run: ({ inputs }) => inputs.ids.length },
  ],
}

describe.skipIf(!canMount())('a disk that refuses', () => {
  beforeEach(() => {
    disk = mkdtempSync(join(tmpdir(), 'symphony-disk-'))
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'tmpfs', disk])
  })

  afterEach(() => {
    execFileSync('umount', ['-l', disk])
    rmSync(disk, { recursive: true, force: true })
  })

  it('stops a run cleanly when it is full, and goes on when there is room again', async () => {
    const folder = join(disk, 'state')
    await (await createRuntime({ folder, workflows: [filling] })).close()
    const free = Number(execFileSync('df', ['--output=avail', '-B1', disk], { encoding: 'utf8' }).split('\n')[1])
    writeFileSync(join(disk, 'ballast'), new Uint8Array(Math.max(0, free - 6 * 1024 * 1024)))
    {
      await using symphony = await createRuntime({ folder, workflows: [filling] })
      const handle = await symphony.conductor.orchestrate(filling, null, { id: 'fill' })
      await expect(handle.result()).rejects.toMatchObject({ code: expect.stringMatching(/^(STORAGE_FULL|JOURNAL_POISONED)$/) })
      expect(symphony.health().status).not.toBe('healthy')
    }
    rmSync(join(disk, 'ballast'))
    await using symphony = await createRuntime({ folder, workflows: [filling] })
    expect(await symphony.conductor.handle('fill').result()).toBe(41)
  })

  it('says so when it is read-only, and works when it no longer is', async () => {
    const folder = join(disk, 'state')
    await (await createRuntime({ folder })).close()
    execFileSync('mount', ['-o', 'remount,ro', disk])
    await expect(createRuntime({ folder })).rejects.toMatchObject({ code: 'STORAGE_READ_ONLY', message: expect.stringContaining('state folder') })
    execFileSync('mount', ['-o', 'remount,rw', disk])
    await using symphony = await createRuntime({ folder })
    expect(symphony.health().status).toBe('healthy')
  })
})
