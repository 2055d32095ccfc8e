import type { Runtime, WorkflowHandle } from '@symphony/interface'
import { healthStory } from '@symphony/runtime'
import { EXIT_CODES } from '../cli/exit-codes.ts'
import { ProgressLine } from '../cli/progress-line.ts'
import type { Terminal } from '../cli/terminal.ts'

/** Shows a run until it has ended, then prints its result as JSON. An interruption leaves it to be gone on with. */
export async function runToEnd(
  terminal: Terminal, symphony: Runtime, handle: WorkflowHandle, stop: AbortSignal, howToGoOn: string, json: boolean,
): Promise<number> {
  const line = new ProgressLine(terminal, performance.now())
  const timer = setInterval(() => line.update(handle.progress(), performance.now()), 100)
  const interrupted = new Promise<'interrupted'>((done) => {
    if (stop.aborted) done('interrupted')
    stop.addEventListener('abort', () => done('interrupted'), { once: true })
  })
  try {
    const ended = await Promise.race([handle.ended(), interrupted])
    if (ended === 'interrupted') {
      terminal.say(`Stopped. ${howToGoOn}`)
      if (json) terminal.data(JSON.stringify({ interrupted: true, id: handle.id }))
      return EXIT_CODES.INTERRUPTED
    }
    const result = await handle.result()
    terminal.status('')
    const { progress } = ended
    terminal.say(`${progress.succeeded} tasks done (${progress.recalled} recalled), ${progress.failed} failed, ${progress.skipped} skipped.`)
    for (const told of healthStory(symphony.health())) terminal.say(terminal.paint('yellow', told))
    terminal.data(JSON.stringify(result instanceof Uint8Array ? { bytes: result.length } : (result ?? null), null, json ? 0 : 2))
    return EXIT_CODES.OK
  } finally {
    clearInterval(timer)
  }
}
