import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Runtime } from '@symphony/interface'
import { VirtualClock } from '@symphony/ports'
import { createRuntime } from '@symphony/runtime'
import type { RuntimeConfig } from '@symphony/runtime'
import { onTestFinished } from 'vitest'

/** A runtime under a clock that stands still until it is told to move. */
export interface Stage {
  readonly symphony: Runtime
  readonly conductor: Runtime['conductor']
  readonly dag: Runtime['dag']
  readonly clock: VirtualClock
  /** Moves time, and lets everything happen that then can. */
  pass(ms: number): Promise<void>
}

/** Closed by itself when the test ends. */
export async function stage(config: RuntimeConfig = {}, clock: VirtualClock = new VirtualClock()): Promise<Stage> {
  const symphony = await createRuntime({ clock, ...config })
  onTestFinished(() => symphony.close())
  const pass = async (ms: number): Promise<void> => {
    const untilMs = clock.monotonicMs() + ms
    // From timer to timer: what one of them sets off may set the next.
    for (let dueMs = clock.nextDueMs(); dueMs !== undefined && dueMs <= untilMs; dueMs = clock.nextDueMs()) {
      clock.advance(Math.max(0, dueMs - clock.monotonicMs()))
      await settle()
    }
    clock.advance(untilMs - clock.monotonicMs())
    await settle()
  }
  return { symphony, conductor: symphony.conductor, dag: symphony.dag, clock, pass }
}

/** Microtasks and turns: nothing here waits for real time. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** Turns until something holds: for what a thread or the disk does. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve))
}

/** Everything that is told until it ends. */
export async function collected<T>(events: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = []
  for await (const event of events) all.push(event)
  return all
}

/** A folder that is gone when the test ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'symphony-features-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** What is on the disk at this moment, as another process would find it if this one ended without warning. */
export async function leftBehind(symphony: Runtime, folder: string): Promise<string> {
  await symphony.journal?.flush()
  const copy = temporaryFolder()
  cpSync(folder, copy, { recursive: true })
  return copy
}

/** A task that fails. */
export function fail(): never {
  throw new Error('no luck')
}

export function failWith(message: string): never {
  throw new Error(message)
}
