/**
 * The native backend of the DAG tracker.
 *
 * @example
 * symphony.swapBackend('dag', nativeDag())
 *
 * @packageDocumentation
 */
import { SymphonyError } from '@symphony/interface'
import type { DagHandle } from './binding.ts'
import { DagOutbox } from './dag/dag-outbox.ts'
import type { DagColumns, DagStart, OwnDagBackend } from './dag/own-dag-backend.ts'
import { nativeBinding } from './loader.ts'

export type { DagColumns, DagStart, OwnDagBackend } from './dag/own-dag-backend.ts'

/** A tracker's backend in Rust; the tracker's own one is kept for what is better left to it. */
export interface NativeDagBackend extends Required<OwnDagBackend> {
  readonly name: 'native'
}

/**
 * Makes a backend for `runtime.swapBackend('dag', …)` or `attachBackend` of a tracker: what it makes attaches when it is taken, and
 * detaches when another one takes its place.
 *
 * @throws SymphonyError `CAPABILITY_MISSING` when there is no binary for this platform; `nativeStatus()` says beforehand
 */
export function nativeDag(): (own: OwnDagBackend) => NativeDagBackend {
  const { DagHandle } = nativeBinding()
  return (own) => {
    let handle: DagHandle | undefined
    let outbox = new DagOutbox()

    const attached = (): DagHandle => {
      if (handle !== undefined) return handle
      throw new SymphonyError({ code: 'CLOSED', component: '@symphony/native', message: 'The native backend is attached to no tracker; hand it to attachBackend or swapBackend.' })
    }
    /** Has a change made by Rust, and what it did noted; or by the tracker's own backend, where the case is one Rust does not know. */
    const change = (t: DagColumns, isOwns: boolean, work: (handle: DagHandle) => number, instead: () => void): void => {
      if (isOwns || t.doomedLength > 0) instead()
      else outbox.deliver(t, attached(), work(attached()))
    }

    return {
      name: 'native',
      attach(t) {
        outbox = new DagOutbox()
        const made = new DagHandle(new Uint8Array(t.region.buffer), outbox.bytes, (task) => own.holds(t, task))
        handle?.detach()
        handle = made
      },
      detach() {
        handle?.detach()
        handle = undefined
      },
      start: (t, columns, types, ranks, init) => (t.ranges.isMerging ? startNative(attached(), columns, types, ranks, init) : own.start(t, columns, types, ranks, init)),
      free: (t, run) => change(t, !t.ranges.isMerging, (rust) => rust.free(run), () => own.free(t, run)),
      take: (_, into) => attached().take(into),
      begin: (t, task, token, nowMs) => change(t, false, (rust) => rust.begin(task, token, nowMs), () => own.begin(t, task, token, nowMs)),
      beginMany(t, tasks, count, tokens, token, nowMs) {
        const before = t.traceLength
        change(t, false, (rust) => rust.beginMany(tasks, count, tokens, token, nowMs), () => own.beginMany(t, tasks, count, tokens, token, nowMs))
        // Each that began has left one move.
        return (t.traceLength - before) / 2
      },
      complete: (t, task, nowMs) => change(t, isHeld(t, task), (rust) => rust.complete(task, nowMs), () => own.complete(t, task, nowMs)),
      // What runs belongs to a run that has begun.
      completeMany: (t, tasks, count, nowMs) => change(t, false, (rust) => rust.completeMany(tasks, count, nowMs), () => own.completeMany(t, tasks, count, nowMs)),
      fail: (t, task, nowMs) => change(t, isHeld(t, task), (rust) => rust.fail(task, nowMs), () => own.fail(t, task, nowMs)),
      postpone: (t, task, dueAtMs) => change(t, false, (rust) => rust.postpone(task, dueAtMs), () => own.postpone(t, task, dueAtMs)),
      wake: (t, task, nowMs) => change(t, isHeld(t, task), (rust) => rust.wake(task, nowMs), () => own.wake(t, task, nowMs)),
      skip: (t, task, nowMs) => change(t, isHeld(t, task), (rust) => rust.skip(task, nowMs), () => own.skip(t, task, nowMs)),
      cancel: (t, first, count, nowMs) => change(t, false, (rust) => rust.cancel(first, count, nowMs), () => own.cancel(t, first, count, nowMs)),
      holds: (t, task) => own.holds(t, task),
    }
  }
}

/** Whether the run of a task has not begun: that is known on the heap. */
function isHeld(t: DagColumns, task: number): boolean {
  return t.held.size !== 0 && t.held.has(t.taskRun[task] as number)
}

function startNative(handle: DagHandle, columns: DagStart, types: Int32Array, ranks: Float64Array, init: Parameters<OwnDagBackend['start']>[4]): number {
  const { taskCount, pending, slack, outStart, outCount, flags, nodes, timeouts } = columns
  const { template, tenant, priority, nowMs } = init
  const waits = timeouts.length === 0 ? NO_TIMEOUTS : Float64Array.from(timeouts.flat())
  return handle.start(taskCount, pending, slack ?? null, outStart, outCount, flags, nodes, types, ranks, waits, template, tenant, priority, nowMs)
}

const NO_TIMEOUTS = new Float64Array(0)
