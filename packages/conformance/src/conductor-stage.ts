import type { Conductor, Runtime } from '@symphony/interface'
import type { VirtualClock } from '@symphony/ports'
import type { Maker } from './suite.ts'

/** What a conductor is tested in: neighbours that work, and a clock that moves when told. */
export interface ConductorSurroundings {
  readonly runtime: Pick<Runtime, 'dag' | 'pool' | 'artifacts' | 'arbitration'>
  readonly clock: VirtualClock
  /** Lets everything that can happen without time passing happen. */
  settle(): Promise<void>
}

/** A conductor with what it is tested in. */
export async function made(make: Maker<Conductor>, options: Readonly<Record<string, unknown>> = {}): Promise<{ conductor: Conductor } & ConductorSurroundings> {
  const { component, surroundings } = await make(options)
  return { conductor: component, ...(surroundings as unknown as ConductorSurroundings) }
}
