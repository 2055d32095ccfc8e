import type { AdmissionRequest, ArbitrationEngine, Clock, Grant, ModelNumber, Settlement, Ticket } from '@symphony/interface'
import type { RecordedCommand } from './recorded-command.ts'
import type { Maker } from './suite.ts'

/** A clock that moves when it is told to; `VirtualClock` of `@symphony/ports` is one. */
interface MovableClock extends Clock {
  advance(byMs: number): void
}

export interface Stage {
  readonly engine: ArbitrationEngine
  readonly clock: MovableClock
  /** A second engine, recovered from what the first one logged. Given by implementations that claim `replayable`. */
  readonly reopen: () => ArbitrationEngine
  /** What the first one has logged so far. Given by implementations that claim `descriptions` or `replica`. */
  readonly commands: () => readonly RecordedCommand[]
}

export const MODEL = 3 as ModelNumber
export const OTHER = 4 as ModelNumber

export async function stage(make: Maker<ArbitrationEngine>, options?: Readonly<Record<string, unknown>>): Promise<Stage> {
  const { component: engine, surroundings } = await make(options)
  const { clock, reopen, commands } = surroundings as unknown as Stage
  return { engine, clock, reopen, commands }
}

let tags = 0
export const submit = ({ engine }: Stage, request: Partial<AdmissionRequest> = {}): Ticket => engine.submit({ model: MODEL, tenant: 'a', tag: ++tags, ...request })

export function submitMany(s: Stage, count: number, request: Partial<AdmissionRequest>): Ticket[] {
  return Array.from({ length: count }, () => submit(s, request))
}

export function granted(s: Stage, model: ModelNumber = MODEL): Grant {
  const grant = s.engine.next(model)
  if (grant === undefined) throw new Error('expected a grant, but nothing was admitted')
  return grant
}

/** Admits and settles one after the other, each taking its time, and tells whose turn it was. */
export function turns(s: Stage, count: number, durationMs: number | ((tenant: string) => number) = 100): string[] {
  return Array.from({ length: count }, () => {
    const grant = granted(s)
    const tookMs = typeof durationMs === 'number' ? durationMs : durationMs(grant.tenant)
    s.clock.advance(tookMs)
    s.engine.settle(grant, { outcome: 'succeeded', durationMs: tookMs })
    return grant.tenant
  })
}

export const count = (names: readonly string[], name: string): number => names.filter((one) => one === name).length
export const done: Settlement = { outcome: 'succeeded', costUsd: 0, durationMs: 1 }
