import { setTimeout as sleep } from 'node:timers/promises'

/** Whether the time has passed without an interruption. */
export async function waited(ms: number, signal: AbortSignal): Promise<boolean> {
  try {
    await sleep(ms, undefined, { signal })
    return true
  } catch {
    return false
  }
}
