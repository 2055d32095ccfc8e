import { readFileSync, writeFileSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { SimulatedFileSystem } from '@symphony/conformance/simulator'
import { inspectJournal, openJournal } from '@symphony/journal'
import { FOLDER, logText, openInline, simulatedFolder } from './log-fixtures.ts'

/** A log as a release has left it. Files without the zeroes they end in. */
interface Golden {
  readonly files: readonly { readonly name: string; readonly sizeBytes: number; readonly start: string }[]
  readonly checkpoint: string
  readonly commands: readonly (readonly [lsn: number, component: number, type: number, text: string])[]
}

/** Everything a log can hold: single and compound records, empty and odd bodies, full segments, two checkpoints, closing marks. */
async function live(): Promise<SimulatedFileSystem> {
  const fs = simulatedFolder()
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
  const journal = await openInline(fs)
  for (let number = 1; number <= 12; number++) await journal.durable(logText(journal, `${number} ${'x'.repeat(400)}`))
  await journal.checkpoint([{ component: 1, bytes: bytes('twelve') }, { component: 255 as never, bytes: new Uint8Array() }])
  await journal.durable(journal.append(2, 65_535, new Uint8Array()))
  await journal.checkpoint([{ component: 1, bytes: bytes('thirteen') }])
  await journal.close()
  const again = await openInline(fs)
  again.transact(() => {
    for (const text of ['a', 'four', 'and some more']) again.append(3, text.length, bytes(text))
  })
  await again.durable(logText(again, 'größer'))
  await again.close()
  return fs
}

async function goldenOf(fs: SimulatedFileSystem): Promise<Golden> {
  const files = fs.list(FOLDER).map((name) => {
    const content = fs.bytesOf(`${FOLDER}/${name}`)
    return { name, sizeBytes: content.length, start: Buffer.from(content.subarray(0, content.findLastIndex((byte) => byte !== 0) + 1)).toString('base64') }
  })
  await using journal = await openJournal({ folder: FOLDER, readOnly: true }, { fileSystem: fs })
  const commands: [number, number, number, string][] = []
  const checkpoint = Buffer.concat(journal.checkpointSections.map(({ bytes }) => bytes)).toString()
  journal.replay(({ lsn, component, type, body }) => void commands.push([lsn, component, type, new TextDecoder().decode(body)]))
  return { files, checkpoint, commands }
}

function stored({ files }: Golden): SimulatedFileSystem {
  const fs = simulatedFolder()
  for (const { name, sizeBytes, start } of files) {
    const content = new Uint8Array(sizeBytes)
    content.set(Buffer.from(start, 'base64'))
    fs.setBytes(`${FOLDER}/${name}`, content)
  }
  return fs
}

/** Written once, for a new format, by hand (JOURNAL_WRITE_GOLDEN=v1): the old ones have to be read for ever. */
function read(name: string, written: Golden): Golden {
  const file = new URL(`golden/${name}.json`, import.meta.url)
  if (process.env['JOURNAL_WRITE_GOLDEN'] === name) writeFileSync(file, `${JSON.stringify(written, undefined, 1)}\n`)
  return JSON.parse(readFileSync(file, 'utf8')) as Golden
}

describe('the format of logs', () => {
  it('v1 is what is written now', async () => {
    const written = await goldenOf(await live())
    expect(read('v1', written)).toEqual(written)
  })

  it('v1 is read, gone on with, and whole to the last byte', async () => {
    const golden = read('v1', await goldenOf(await live()))
    const fs = stored(golden)
    expect(await inspectJournal(FOLDER, { fileSystem: fs })).toMatchObject({ damages: [], refusal: undefined, lastLsn: 15, earliestLsn: 12 })
    expect(await goldenOf(fs)).toEqual(golden)
    const journal = await openInline(fs)
    const texts: string[] = []
    journal.replay(({ body }) => void texts.push(new TextDecoder().decode(body)))
    expect(texts).toEqual(['a', 'four', 'and some more', 'größer'])
    expect(logText(journal, 'on')).toBe(16)
    await journal.close()
  })

  it('refuses files of later versions by name and number, and leaves them as they are', async () => {
    const golden = read('v1', await goldenOf(await live()))
    const last = stored(golden).list(FOLDER).findLast((name) => name.endsWith('.log')) as string
    const checkpoint = stored(golden).list(FOLDER).findLast((name) => name.endsWith('.ckpt')) as string
    for (const [name, seal] of [[last, sealSegment], [checkpoint, sealCheckpoint]] as const) {
      const fs = stored(golden)
      const content = fs.bytesOf(`${FOLDER}/${name}`).slice()
      content[8] = 9
      seal(content)
      fs.setBytes(`${FOLDER}/${name}`, content)
      const refusal = { code: 'LAYOUT_MISMATCH', message: expect.stringContaining(`${name} has format version 9; this release reads 1`), details: { version: 9 } }
      await expect(openInline(fs)).rejects.toMatchObject(refusal)
      await expect(inspectJournal(FOLDER, { fileSystem: fs })).rejects.toMatchObject(refusal)
      expect(fs.bytesOf(`${FOLDER}/${name}`)).toEqual(content)
    }
  })
})

function sealSegment(content: Uint8Array): void {
  new DataView(content.buffer).setUint32(60, crc32(content.subarray(0, 60)), true)
}

function sealCheckpoint(content: Uint8Array): void {
  content.set(createHash('sha256').update(content.subarray(0, -32)).digest(), content.length - 32)
}
