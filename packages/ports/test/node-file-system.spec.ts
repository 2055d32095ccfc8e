import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nodeFileSystem } from '@symphony/ports'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

let base = ''
beforeEach(() => void (base = mkdtempSync(join(tmpdir(), 'symphony-ports-'))))
afterEach(() => rmSync(base, { recursive: true, force: true }))

describe('makeFolder', () => {
  it('makes a folder, those above it too, and one that is there once more', () => {
    const folder = join(base, 'a', 'b')
    nodeFileSystem.makeFolder(folder)
    nodeFileSystem.makeFolder(folder)
    expect(statSync(folder).isDirectory()).toBe(true)
  })

  it('refuses where a file is, or lies above', () => {
    const file = join(base, 'file')
    writeFileSync(file, '')
    expect(() => nodeFileSystem.makeFolder(file)).toThrow(expect.objectContaining({ code: 'ALREADY_EXISTS' }))
    expect(() => nodeFileSystem.makeFolder(join(file, 'below'))).toThrow(expect.objectContaining({ code: 'STORAGE_FAILED' }))
    expect(existsSync(join(file, 'below'))).toBe(false)
  })
})
