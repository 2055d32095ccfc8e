import { runHead } from '../runs/run-head.ts'
import { findRun, readStates } from '../runs/state-folders.ts'
import type { FoundRun } from '../runs/state-folders.ts'
import { ProgressLine } from './progress-line.ts'
import type { Terminal } from './terminal.ts'
import { waited } from './waited.ts'

/** How often a run is looked at. */
const EVERY_MS = 500
/** Reading may take this part of the time: the larger a state, the more seldom it is read. */
const READING_SHARE = 0.2

/**
 * Shows how far a run is, again and again, while another process works on it. Resolves with what is known of it when it has ended, when
 * nobody works on it any more, or when the user has had enough.
 */
export async function followRun(terminal: Terminal, base: string, id: string, stop: AbortSignal): Promise<FoundRun> {
  const line = new ProgressLine(terminal, performance.now())
  for (;;) {
    const beganMs = performance.now()
    const found = findRun(await readStates(base), id)
    const { state, progress } = runHead(found, Date.now())
    if (state !== 'running' && state !== 'paused') return found
    line.update(progress, performance.now())
    const readMs = performance.now() - beganMs
    if (!found.view.isOpen || !(await waited(Math.max(EVERY_MS, readMs / READING_SHARE), stop))) return found
  }
}
