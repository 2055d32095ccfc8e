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
  /** Undefined: it comes as the first message. */
  readonly position: WriterPosition | undefined
  readonly port: MessagePort
}

function main({ position, ...data }: WriterThreadData): void {
  if (position !== undefined) return run(data, position)
  data.port.once('message', (begin: WriterPosition) => run(data, begin))
  data.port.postMessage('started')
}

function run({ shared, ring, options, port }: Omit<WriterThreadData, 'position'>, position: WriterPosition): void {
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
