import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { scannedSamples, textSamples } from '../samples/generate.ts'

const stored = (path: string): Buffer => readFileSync(new URL(`../samples/${path}`, import.meta.url))

describe('the samples', () => {
  it('with text are what their generator makes', async () => {
    for (const { path, bytes } of await textSamples()) {
      // Compressed bytes may differ between versions of the compressor, never what is in them.
      const content = (of: Uint8Array): Buffer => (path.endsWith('.gz') ? gunzipSync(of) : Buffer.from(of))
      expect(content(stored(path)).equals(content(bytes)), path).toBe(true)
    }
  })

  it('that are scans are made the same each time, and have the truth beside them', async () => {
    const [first, second] = [await scannedSamples(), await scannedSamples()]
    expect(first.map(({ path }) => path)).toEqual(second.map(({ path }) => path))
    for (const [index, { path, bytes }] of first.entries()) {
      expect(Buffer.from(second[index]?.bytes ?? []).equals(bytes), path).toBe(true)
      // Pictures depend on the drawing library's build, so that only their truth is compared with what is stored.
      if (path.startsWith('truth/')) expect(stored(path).equals(bytes), path).toBe(true)
    }
  })
})
