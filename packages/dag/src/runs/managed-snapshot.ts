import type { ByteReader, ByteWriter } from '@symphony/shared-memory'
import type { ErrorData, RunAttributes } from '@symphony/interface'
import type { AddedCondition } from '../added-conditions.ts'
import type { DagState, KeptSignal, RunData } from '../state.ts'
import type { Delay, Parent, Schedule, Undone } from './managed-state.ts'

/** "RUNS": what is known about runs as wholes, as one block at the end of a snapshot; left out when there is nothing. */
const BLOCK = 0x534e5552

interface Written {
  readonly parents: readonly (readonly [run: number, parent: Parent])[]
  readonly attributes: readonly (readonly [run: number, attributes: RunAttributes])[]
  readonly delays: readonly (readonly [run: number, delay: Delay])[]
  readonly schedules: readonly Schedule[]
  /** Left out when no run was undone. */
  readonly undoings?: readonly (readonly [run: number, undone: Undone])[]
  /** Of tasks added at run time, by run and their place among those; left out when there are none. */
  readonly conditions?: readonly (readonly [run: number, place: number, when: AddedCondition])[]
  /** Of kept signals that say no, by run and their place among those; left out when there are none. */
  readonly rejections?: readonly (readonly [run: number, place: number, error: ErrorData])[]
}

export function writeManaged(w: ByteWriter, { managed, runs }: DagState): void {
  const written: Written = {
    parents: [...managed.parents],
    attributes: byRow(managed.attributes),
    delays: byRow(managed.delays),
    schedules: [...managed.schedules.values()],
    ...(managed.undoings.size === 0 ? {} : { undoings: byRow(managed.undoings) }),
    ...conditionsOf(runs),
    ...rejectionsOf(runs),
  }
  if (Object.values(written).every((part: readonly unknown[]) => part.length === 0)) return
  w.u32(BLOCK).json(written)
}

export function readManaged(r: ByteReader, { managed, runs }: DagState): void {
  if (r.remaining === 0 || r.u32() !== BLOCK) return
  const written = r.json() as Written
  for (const [run, parent] of written.parents) managed.adopt(run, parent)
  for (const [run, attributes] of written.attributes) managed.setAttributes(run, attributes)
  for (const [run, delay] of written.delays) managed.delay(run, delay)
  for (const schedule of written.schedules) managed.setSchedule(schedule)
  for (const [run, undone] of written.undoings ?? []) managed.undone(run, undone)
  for (const [run, place, when] of written.conditions ?? []) {
    const { added } = runs[run] as RunData
    added[place] = { ...(added[place] as RunData['added'][number]), when }
  }
  for (const [run, place, error] of written.rejections ?? []) {
    const { signals } = runs[run] as RunData
    signals[place] = { ...(signals[place] as KeptSignal), error }
  }
}

function rejectionsOf(runs: DagState['runs']): Pick<Written, 'rejections'> {
  const rejections: (readonly [number, number, ErrorData])[] = []
  for (const data of runs) {
    data?.signals.forEach(({ error }, place) => {
      if (error !== undefined) rejections.push([data.row, place, error])
    })
  }
  return rejections.length === 0 ? {} : { rejections }
}

function conditionsOf(runs: DagState['runs']): Pick<Written, 'conditions'> {
  const conditions: (readonly [number, number, AddedCondition])[] = []
  for (const data of runs) {
    if (data === undefined) continue
    for (let place = 0; place < data.added.length; place++) {
      const { when } = data.added[place] as RunData['added'][number]
      if (when !== undefined) conditions.push([data.row, place, when])
    }
  }
  return conditions.length === 0 ? {} : { conditions }
}

function byRow<V>(map: ReadonlyMap<number, V>): readonly (readonly [number, V])[] {
  return [...map].sort(([a], [b]) => a - b)
}
