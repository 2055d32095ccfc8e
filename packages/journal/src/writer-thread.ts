import { workerData } from 'node:worker_threads'
import type { MessagePort } from 'node:worker_threads'
import { toErrorData } from '@symphony/interface'
import { nodeFileSystem } from '@symphony/ports'
import { RecordRing } from './record-ring.ts'
import type { WriterPosition } from './recovery.ts'
import { SegmentWriter } from './segment-writer.ts'
import type { SegmentWriterOptions } from './segment-writer.ts'
import { SharedWords } from './shared-words.ts'
import { WriterLoop } from './writer-loop.ts'

/** What the thread is started with. */
export interface WriterThreadData {
  readonly shared: SharedArrayBuffer
  readonly ring: SharedArrayBuffer
  readonly options: SegmentWriterOptions
  readonly position: WriterPosition
  readonly port: MessagePort
}

function main({ shared, ring, options, position, port }: WriterThreadData): void {
  const words = new SharedWords(shared)
  let writer: SegmentWriter | undefined
  try {
    writer = new SegmentWriter(nodeFileSystem, options, position)
    new WriterLoop(writer, new RecordRing({ control: words.words, data: ring }), words, port, options.isSynced).run()
  } catch (error) {
    words.poison(toErrorData(error, 'journal', 'STORAGE_FAILED'))
    writer?.abandon()
  }
  port.close()
}

main(workerData as WriterThreadData)
