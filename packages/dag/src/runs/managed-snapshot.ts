import type { ByteReader, ByteWriter } from '@symphony/shared-memory'
import type { RunAttributes } from '@symphony/interface'
import type { Delay, ManagedState, Parent, Schedule } from './managed-state.ts'

/** "RUNS": what is known about runs as wholes, as one block at the end of a snapshot; left out when there is nothing. */
const BLOCK = 0x534e5552

interface Written {
  readonly parents: readonly (readonly [run: number, parent: Parent])[]
  readonly attributes: readonly (readonly [run: number, attributes: RunAttributes])[]
  readonly delays: readonly (readonly [run: number, delay: Delay])[]
  readonly schedules: readonly Schedule[]
}

export function writeManaged(w: ByteWriter, managed: ManagedState): void {
  const written: Written = {
    parents: [...managed.parents],
    attributes: byRow(managed.attributes),
    delays: byRow(managed.delays),
    schedules: [...managed.schedules.values()],
  }
  if (Object.values(written).every((part: readonly unknown[]) => part.length === 0)) return
  w.u32(BLOCK).json(written)
}

export function readManaged(r: ByteReader, managed: ManagedState): void {
  if (r.remaining === 0 || r.u32() !== BLOCK) return
  const written = r.json() as Written
  for (const [run, parent] of written.parents) managed.adopt(run, parent)
  for (const [run, attributes] of written.attributes) managed.setAttributes(run, attributes)
  for (const [run, delay] of written.delays) managed.delay(run, delay)
  for (const schedule of written.schedules) managed.setSchedule(schedule)
}

function byRow<V>(map: ReadonlyMap<number, V>): readonly (readonly [number, V])[] {
  return [...map].sort(([a], [b]) => a - b)
}
