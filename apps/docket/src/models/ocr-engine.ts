import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { Worker as Thread } from 'node:worker_threads'
import { SymphonyError } from '@symphony/interface'
import type { default as Tesseract } from 'tesseract.js'

/** Which weights: `best_int` recognises as well as the full set in our measurements, and loads a quarter of the bytes. */
export type OcrWeights = '4.0.0_best_int' | '4.0.0'

/** The engine's own worker; its thread is there at run time, though the package does not type it. */
type EngineWorker = Tesseract.Worker & { readonly worker: Thread }

/** One tesseract thread. Dies with its first crash or abort; the owner then starts another. */
export interface OcrEngine {
  recognise(image: Uint8Array, signal: AbortSignal): Promise<Tesseract.Page>
  readonly alive: boolean
  close(): Promise<void>
}

const LSTM_ONLY = 1

/** Starts a tesseract thread on the weights inside the installed package; nothing is fetched and nothing is cached on disk. */
export async function startOcrEngine(weights: OcrWeights): Promise<OcrEngine> {
  const require = createRequire(import.meta.url)
  const langPath = join(dirname(require.resolve('@tesseract.js-data/eng/package.json')), weights)
  if (!existsSync(join(langPath, 'eng.traineddata.gz'))) {
    throw failed(`the weights ${weights} are missing; install @tesseract.js-data/eng again`)
  }
  const worker = await startWorker(require, langPath)
  let alive = true
  let fail: ((error: Error) => void) | undefined
  const die = (error: Error): void => {
    alive = false
    fail?.(error)
  }
  worker.worker.on('error', (error) => die(error))
  worker.worker.on('exit', () => die(failed('the recognition thread ended')))
  // An idle engine must not keep a process alive whose owner forgot to unload it.
  worker.worker.unref()
  const close = async (): Promise<void> => {
    alive = false
    await worker.worker.terminate()
  }
  return {
    get alive() {
      return alive
    },
    close,
    async recognise(image, signal) {
      const gone = new Promise<never>((_, reject) => (fail = reject))
      const onAbort = (): void => {
        die(signal.reason instanceof Error ? signal.reason : failed('the call was aborted'))
        void worker.worker.terminate()
      }
      signal.addEventListener('abort', onAbort, { once: true })
      worker.worker.ref()
      try {
        const job = worker.recognize(Buffer.from(image), { rotateAuto: true }, { text: true, blocks: true })
        return (await Promise.race([job, gone])).data
      } finally {
        fail = undefined
        worker.worker.unref()
        signal.removeEventListener('abort', onAbort)
      }
    },
  }
}

/** Waits until the engine is ready. Its own promise stays pending when the weights cannot be loaded, hence the error handler. */
function startWorker(require: NodeJS.Require, langPath: string): Promise<EngineWorker> {
  const { createWorker } = require('tesseract.js') as typeof Tesseract
  return new Promise((resolve, reject) => {
    const errorHandler = (error: unknown): void => reject(failed(String(error)))
    // A URL is what node takes as well as a path; the package only types the path.
    const workerPath = quietThread(require) as unknown as string
    createWorker('eng', LSTM_ONLY, { langPath, gzip: true, cacheMethod: 'none', workerPath, errorHandler }).then(
      (worker) => resolve(worker as EngineWorker),
      errorHandler,
    )
  })
}

/** The package's thread script behind a silenced console: the engine writes to it about every odd image. */
function quietThread(require: NodeJS.Require): URL {
  const script = JSON.stringify(require.resolve('tesseract.js/src/worker-script/node/index.js'))
  const source = `
    import { createRequire } from 'node:module'
    for (const name of ['log', 'info', 'warn', 'error']) console[name] = () => {}
    createRequire(${script})(${script})`
  return new URL(`data:text/javascript,${encodeURIComponent(source)}`)
}

function failed(problem: string): SymphonyError {
  return new SymphonyError({ code: 'MODEL_FAILED', component: 'docket/ocr', message: `Text recognition failed: ${problem}.` })
}
