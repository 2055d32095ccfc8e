import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { sniff } from '../src/content/sniff.ts'
import { unpack } from '../src/content/unpack.ts'
import { bytesOf } from './invoke.ts'

describe('sniff', () => {
  it.each([
    ['%PDF-1.7\n%âãÏÓ', 'letter.md', 'pdf'],
    ['<!doctype html><p>a', 'page.md', 'html'],
    ['<!-- note -->\n<html><body>', 'page', 'html'],
    ['<b>x</b>', 'page.html', 'html'],
    ['no tags at all', 'page.html', 'text'],
    ['# Title\n\nText', 'README', 'markdown'],
    ['Title\n=====\n\nText', '', 'markdown'],
    ['plain', 'a.md', 'markdown'],
    ['# not a heading but a comment', 'a.txt', 'text'],
    ['plain words', 'LICENSE', 'text'],
  ])('takes %j named %s for %s', (content, name, type) => {
    expect(sniff(bytesOf(content), name)).toBe(type)
  })

  it('knows pictures and gzip by their first bytes', () => {
    expect(sniff(Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0), 'a.txt')).toBe('image')
    expect(sniff(Uint8Array.of(0xff, 0xd8, 0xff, 0xe0), 'a')).toBe('image')
    expect(sniff(gzipSync('x'), 'a.txt')).toBe('gzip')
  })

  it('refuses junk under a good name, and nothing at all', () => {
    const junk = Uint8Array.from({ length: 600 }, (_, index) => (index * 151 + (index >> 3) * 77) % 256)
    expect(sniff(junk, 'notes.md')).toMatchObject({ kind: 'unreadable', code: 'binary' })
    expect(sniff(new Uint8Array(), 'a.md')).toMatchObject({ kind: 'unreadable', code: 'empty' })
    expect(sniff(bytesOf(' \n\t\n'), 'a.md')).toMatchObject({ kind: 'unreadable', code: 'empty' })
  })
})

describe('unpack', () => {
  it.each([
    ['utf-8 with a mark', Uint8Array.from([0xef, 0xbb, 0xbf, ...bytesOf('Größe')])],
    ['utf-16 little endian', Uint8Array.from([0xff, 0xfe, ...Buffer.from('Größe', 'utf16le')])],
    ['utf-16 big endian', Uint8Array.from([0xfe, 0xff, ...Buffer.from('Größe', 'utf16le').swap16()])],
    ['latin-1', Uint8Array.from(Buffer.from('Größe der Übersicht', 'latin1'))],
  ])('decodes %s', (_, bytes) => {
    expect(unpack(bytes, 'text')).toMatchObject({ kind: 'text', text: expect.stringMatching(/^Größe/) })
  })

  it('turns markdown into text with its heading as title', () => {
    const source = '---\nlayout: x\n---\n# The *Guide*\n\nA [link](http://a.b) and `code`.\n\n- one\n- two\n\n| a | b |\n|---|---|\n| 1 | 2 |\n'
    const unpacked = unpack(bytesOf(source), 'markdown')
    expect(unpacked).toMatchObject({ kind: 'text', title: 'The Guide' })
    expect(unpacked).toHaveProperty('text', 'The Guide\n\nA link and code.\n\n- one\n- two\n\na  b\n1  2')
  })

  it('turns html into text without scripts, styles and addresses', () => {
    const html = '<!doctype html><title>T &amp; U</title><style>p{}</style><script>alert(1)</script><nav>menu</nav><h1>Head</h1><p>Body <a href="http://x.y">link</a></p>'
    expect(unpack(bytesOf(html), 'html')).toEqual({ kind: 'text', text: 'Head\n\nBody link', title: 'T & U' })
  })

  it('unpacks gzip up to three times over', () => {
    const once = gzipSync('hello there')
    expect(unpack(gzipSync(gzipSync(once)), 'gzip')).toMatchObject({ kind: 'text', text: 'hello there' })
    expect(unpack(gzipSync(gzipSync(gzipSync(once))), 'gzip')).toMatchObject({ code: 'gzip-nested' })
  })

  it('hands on a pdf or picture found inside gzip without the gzip', () => {
    const pdf = bytesOf('%PDF-1.4 rest')
    expect(unpack(gzipSync(pdf), 'gzip')).toEqual({ kind: 'pdf', bytes: Buffer.from(pdf) })
    expect(unpack(pdf, 'pdf')).toEqual({ kind: 'pdf', bytes: pdf })
  })

  it('refuses a bomb as soon as it grows too much', () => {
    const bomb = gzipSync(Buffer.alloc(8 * 1024 * 1024))
    expect(unpack(bomb, 'gzip')).toMatchObject({ kind: 'unreadable', code: 'gzip-bomb' })
    expect(unpack(gzipSync('a'.repeat(5000)), 'gzip', { unpackedBytesMax: 1000 })).toMatchObject({ code: 'gzip-bomb' })
  })

  it('bears a high ratio of a small file', () => {
    expect(unpack(gzipSync(`a${' '.repeat(900_000)}b`), 'gzip')).toMatchObject({ kind: 'text' })
  })

  it('reports a cut-off gzip', () => {
    const whole = gzipSync('hello there, this is a text')
    expect(unpack(whole.subarray(0, whole.length - 9), 'gzip')).toMatchObject({ code: 'gzip-damaged' })
  })

  it('cuts what is longer than the limit and says so', () => {
    expect(unpack(bytesOf('word '.repeat(100)), 'text', { textCharactersMax: 50 })).toMatchObject({ truncated: true })
  })

  it.each([
    ['quotes', 'markdown', '>'.repeat(100_000)],
    ['bullets in bullets', 'markdown', '- '.repeat(50_000)],
    ['deep lists', 'markdown', Array.from({ length: 3000 }, (_, depth) => `${' '.repeat(depth * 2)}- a`).join('\n')],
    ['brackets', 'markdown', '['.repeat(100_000)],
    ['open elements', 'html', `x${'<div>'.repeat(200_000)}`],
    ['open scripts', 'html', `x${'<script>'.repeat(100_000)}`],
    ['huge spans', 'html', `<table><tr>${'<td colspan=100000 rowspan=100000>a'.repeat(50)}`],
    ['tables in tables', 'html', '<table><tr><td>a<td>b'.repeat(300)],
  ] as const)('gets through %s made to exhaust it', (_, type, source) => {
    expect(unpack(bytesOf(source), type).kind).toMatch(/^(text|unreadable)$/)
  })
})
