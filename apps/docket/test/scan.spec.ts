import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { displayPath } from '../src/content/display-path.ts'
import { isDocumentation } from '../src/content/documentation.ts'
import { readDocument } from '../src/content/read-document.ts'
import { locate, scanFolder, scanSources } from '../src/content/scan.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'docket-scan-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function write(path: string, content = 'text'): void {
  mkdirSync(join(folder, path, '..'), { recursive: true })
  writeFileSync(join(folder, path), content)
}

describe('scanFolder', () => {
  it('lists files by relative path in the order of bytes', () => {
    // U+FF5E sorts after U+1F600 as UTF-16 and before it as UTF-8.
    for (const path of ['b.txt', 'a/z.txt', 'a.txt', '\u{1f600}.txt', '～.txt']) write(path)
    expect(scanFolder(folder).files.map((file) => file.path)).toEqual(['a.txt', 'a/z.txt', 'b.txt', '～.txt', '\u{1f600}.txt'])
  })

  it('changes the identity of a file that is rewritten in place with the same size', () => {
    write('a.txt', 'one')
    const before = scanFolder(folder).files[0]
    execFileSync('touch', ['-d', '2001-02-03T04:05:06', join(folder, 'a.txt')])
    const after = scanFolder(folder).files[0]
    expect(after?.size).toBe(before?.size)
    expect(after?.stat).not.toBe(before?.stat)
  })

  it('never follows links: inside ones are passed over, all others listed with a reason', () => {
    write('deep/real.md')
    symlinkSync('deep/real.md', join(folder, 'inside.md'))
    symlinkSync('..', join(folder, 'deep', 'loop'))
    symlinkSync('circle', join(folder, 'circle'))
    symlinkSync('nowhere', join(folder, 'dangling.md'))
    symlinkSync(process.execPath, join(folder, 'outside'))
    symlinkSync(tmpdir(), join(folder, 'above'))
    const { files, unreadable } = scanFolder(folder)
    expect(files.map((file) => file.path)).toEqual(['deep/real.md'])
    expect(Object.fromEntries(unreadable.map((entry) => [entry.path, entry.code]))).toEqual({
      above: 'symlink-loop',
      circle: 'symlink-loop',
      'dangling.md': 'symlink-dangling',
      'deep/loop': 'symlink-loop',
      outside: 'symlink',
    })
    expect(unreadable.every((entry) => entry.reason.length > 10)).toBe(true)
  })

  it('lists a pipe as no file, and reading it does not wait', () => {
    execFileSync('mkfifo', [join(folder, 'pipe.txt')])
    expect(scanFolder(folder).unreadable).toMatchObject([{ path: 'pipe.txt', code: 'not-a-file' }])
    expect(readDocument(join(folder, 'pipe.txt'))).toMatchObject({ kind: 'unreadable', code: 'not-a-file' })
  })

  it('passes over a sparse file of two gigabytes without touching its content', () => {
    write('huge.txt', '')
    truncateSync(join(folder, 'huge.txt'), 2 * 1024 ** 3)
    const { files, unreadable } = scanFolder(folder)
    expect(files).toEqual([])
    expect(unreadable).toMatchObject([{ path: 'huge.txt', code: 'too-large' }])
    expect(readDocument(join(folder, 'huge.txt'))).toMatchObject({ code: 'too-large' })
  })

  // The superuser may enter any folder, so there is nothing to see.
  it.skipIf(process.getuid?.() === 0)('lists a folder that may not be entered', () => {
    write('closed/a.txt')
    chmodSync(join(folder, 'closed'), 0o000)
    expect(scanFolder(folder).unreadable).toMatchObject([{ path: 'closed', code: 'permission-denied' }])
    chmodSync(join(folder, 'closed'), 0o700)
  })

  it('carries control characters in names and shows them escaped', () => {
    const name = 'a\nb\u001b[31m\u202egpj.txt'
    write(name)
    const found = scanFolder(folder).files[0]?.path ?? ''
    expect(found).toBe(name)
    expect(readDocument(join(folder, found))).toEqual(new Uint8Array(Buffer.from('text')))
    expect(displayPath(found)).toBe('a\\u{a}b\\u{1b}[31m\\u{202e}gpj.txt')
    expect(displayPath('a\\u{a}')).not.toBe(displayPath('a\n'))
  })

  it('answers for a missing folder with an error that names it', () => {
    expect(() => scanFolder(join(folder, 'missing'))).toThrowError(expect.objectContaining({ code: 'NOT_FOUND' }))
  })
})

describe('scanSources', () => {
  it('merges folders under their labels and finds each file again', () => {
    write('one/x.md')
    write('two/x.md')
    write('two/code.ts')
    const sources = [
      { label: 'a', folder: join(folder, 'two'), include: isDocumentation },
      { label: 'a/b', folder: join(folder, 'one') },
    ]
    const { files } = scanSources(sources)
    expect(files.map((file) => file.path)).toEqual(['a/b/x.md', 'a/x.md'])
    expect(files.map((file) => locate(sources, file.path))).toEqual([join(folder, 'one/x.md'), join(folder, 'two/x.md')])
    expect(() => locate(sources, 'c/x.md')).toThrowError(expect.objectContaining({ code: 'NOT_FOUND' }))
  })
})

describe('isDocumentation', () => {
  it.each(['README', 'a/readme.md', 'LICENSE-MIT', 'LICENCE.txt', 'CHANGELOG.markdown', 'HISTORY', 'NOTICE', 'a/b.pdf', 'doc.html', 'x.txt.gz'])('takes %s', (path) => {
    expect(isDocumentation(path)).toBe(true)
  })
  it.each(['readme.js', 'license.json', 'index.ts', 'CMakeLists.txt', 'history-table.css', 'a.png', 'changes/index.js'])('leaves %s', (path) => {
    expect(isDocumentation(path)).toBe(false)
  })
})
