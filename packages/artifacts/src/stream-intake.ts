import { createHash } from 'node:crypto'
import type { ArtifactRef } from '@symphony/interface'
import type { ContentWriter } from './contents.ts'
import { invalid, tooLarge } from './failures.ts'

/** What came of a stream: bytes, when there were few; else a writer that has them all. */
export type Intake =
  | { readonly type: 'bytes'; readonly bytes: Uint8Array }
  | { readonly type: 'written'; readonly writer: ContentWriter; readonly ref: ArtifactRef; readonly sizeBytes: number }

export interface IntakeOptions {
  /** So much is held in memory at most. */
  readonly heldBytesMax: number
  readonly artifactBytesMax: number
  openWriter(): ContentWriter
  /** Throws when the store was closed meanwhile. */
  checkOpen(): void
}

/**
 * Takes a stream in bounded memory, hashing on the way. Nothing is visible before its end; whatever ends it early leaves nothing.
 *
 * @throws SymphonyError `ARTIFACT_TOO_LARGE`, `INVALID_ARGUMENT` for what is no stream of bytes; what the stream itself throws
 */
export async function takeStream(content: AsyncIterable<Uint8Array>, options: IntakeOptions): Promise<Intake> {
  const isStream = typeof (content as Partial<AsyncIterable<Uint8Array>>)?.[Symbol.asyncIterator] === 'function'
  if (!isStream) throw invalid('A stream has to be an async iterable of Uint8Array.')
  const digest = createHash('sha256')
  let held: Uint8Array[] = []
  let sizeBytes = 0
  let writer: ContentWriter | undefined
  try {
    for await (const chunk of content) {
      options.checkOpen()
      if (!(chunk instanceof Uint8Array)) throw invalid('A stream has to be of Uint8Array chunks; encode texts first.')
      sizeBytes += chunk.length
      if (sizeBytes > options.artifactBytesMax) throw tooLarge(sizeBytes, options.artifactBytesMax)
      digest.update(chunk)
      if (writer === undefined && sizeBytes > options.heldBytesMax) {
        writer = options.openWriter()
        for (const earlier of held) writer.write(earlier)
        held = []
      }
      // A producer may fill the same buffer again, so what is held is a copy.
      if (writer === undefined) held.push(chunk.slice())
      else writer.write(chunk)
    }
    options.checkOpen()
  } catch (error) {
    writer?.abort()
    throw error
  }
  if (writer === undefined) return { type: 'bytes', bytes: Buffer.concat(held, sizeBytes) }
  return { type: 'written', writer, ref: digest.digest('hex') as ArtifactRef, sizeBytes }
}
