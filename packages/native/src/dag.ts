/**
 * The native backend of the DAG tracker.
 *
 * @example
 * symphony.swapBackend('dag', nativeDag())
 *
 * @packageDocumentation
 */
import type { DagHandle, NativeBinding } from './binding.ts'
import { DagOutbox } from './dag/dag-outbox.ts'
import type { DagColumns, DagStart, OwnDagBackend } from './dag/own-dag-backend.ts'
import { nativeBinding } from './loader.ts'

export type { DagColumns, DagStart, OwnDagBackend } from './dag/own-dag-backend.ts'

/** A tracker's backend in Rust; the tracker's own one is kept for what is better left to it. */
export interface NativeDagBackend extends Required<OwnDagBackend> {
  readonly name: 'native'
}

/** How a native backend is made. */
export interface NativeDagOptions {
  /** `always`: every change in Rust. `faster`: those where measurement says so, the others in TypeScript. Default `always`. */
  readonly where?: 'always' | 'faster'
}

/**
 * From so many tasks on, a batch is faster in Rust. Fewer do not make up for the call, and whatever is copied column by column
 * (starting a run, freeing one, taking from the queue) the engine does as fast.
 */
const FASTER_FROM = { complete: 64, begin: 256, cancel: 64 } as const

/**
 * Makes a backend for `runtime.swapBackend('dag', …)` or `attachBackend` of a tracker: what it makes attaches when it is taken, and
 * detaches when another one takes its place.
 *
 * @throws SymphonyError `CAPABILITY_MISSING` when there is no binary for this platform; `nativeStatus()` says beforehand
 */
export function nativeDag(options: NativeDagOptions = {}): (own: OwnDagBackend) => NativeDagBackend {
  const rust = nativeBinding()
  return (own) => (options.where === 'faster' ? whereFaster(own, wholly(rust, own)) : wholly(rust, own))
}

function wholly(rust: NativeBinding, own: OwnDagBackend): NativeDagBackend {
  let handle: DagHandle | undefined
  let number = DETACHED
  let outbox = new DagOutbox()
  /** Notes what Rust has done. */
  const did = (t: DagColumns, traceLength: number): void => outbox.deliver(t, rust, number, traceLength)
  /** Cases Rust does not know: see BRIDGE.md. */
  const isOwns = (t: DagColumns, task: number): boolean => t.doomedLength > 0 || (t.held.size !== 0 && t.held.has(t.taskRun[task] as number))

  return {
    name: 'native',
    attach(t) {
      outbox = new DagOutbox()
      const made = new rust.DagHandle(new Uint8Array(t.region.buffer), outbox.bytes, (task) => own.holds(t, task))
      handle?.detach()
      handle = made
      number = made.number()
    },
    detach() {
      handle?.detach()
      handle = undefined
    },
    start: (t, columns, types, ranks, init) => (t.ranges.isMerging ? startNative(rust, number, columns, types, ranks, init) : own.start(t, columns, types, ranks, init)),
    free: (t, run) => (t.ranges.isMerging ? did(t, rust.dagFree(number, run)) : own.free(t, run)),
    take: (_, into) => rust.dagTake(number, into),
    begin: (t, task, token, nowMs) => did(t, rust.dagBegin(number, task, token, nowMs)),
    beginMany(t, tasks, count, tokens, token, nowMs) {
      const length = rust.dagBeginMany(number, tasks, count, tokens, token, nowMs)
      did(t, length)
      // Each that began has left one move.
      return length / 2
    },
    complete: (t, task, nowMs) => (isOwns(t, task) ? own.complete(t, task, nowMs) : did(t, rust.dagComplete(number, task, nowMs))),
    // What runs belongs to a run that has begun.
    completeMany: (t, tasks, count, nowMs) => (t.doomedLength > 0 ? own.completeMany(t, tasks, count, nowMs) : did(t, rust.dagCompleteMany(number, tasks, count, nowMs))),
    fail: (t, task, nowMs) => (isOwns(t, task) ? own.fail(t, task, nowMs) : did(t, rust.dagFail(number, task, nowMs))),
    postpone: (t, task, dueAtMs) => did(t, rust.dagPostpone(number, task, dueAtMs)),
    wake: (t, task, nowMs) => (isOwns(t, task) ? own.wake(t, task, nowMs) : did(t, rust.dagWake(number, task, nowMs))),
    skip: (t, task, nowMs) => (isOwns(t, task) ? own.skip(t, task, nowMs) : did(t, rust.dagSkip(number, task, nowMs))),
    cancel: (t, first, count, nowMs) => did(t, rust.dagCancel(number, first, count, nowMs)),
    holds: (t, task) => own.holds(t, task),
  }
}

/** Both have the same bytes, so each may make whichever changes it is the faster one for. */
function whereFaster(own: OwnDagBackend, native: NativeDagBackend): NativeDagBackend {
  return {
    ...native,
    start: own.start,
    free: own.free,
    take: own.take,
    begin: own.begin,
    beginMany: (t, tasks, count, tokens, token, nowMs) => (count < FASTER_FROM.begin ? own : native).beginMany(t, tasks, count, tokens, token, nowMs),
    complete: own.complete,
    completeMany: (t, tasks, count, nowMs) => (count < FASTER_FROM.complete ? own : native).completeMany(t, tasks, count, nowMs),
    fail: own.fail,
    postpone: own.postpone,
    wake: own.wake,
    skip: own.skip,
    cancel: (t, first, count, nowMs) => (count < FASTER_FROM.cancel ? own : native).cancel(t, first, count, nowMs),
  }
}

/** The number no handle has: what is called before it is attached is refused as detached. */
const DETACHED = 2 ** 32 - 1

function startNative(rust: NativeBinding, handle: number, columns: DagStart, types: Int32Array, ranks: Float64Array, init: Parameters<OwnDagBackend['start']>[4]): number {
  const { taskCount, pending, slack, outStart, outCount, flags, nodes, timeouts } = columns
  const { template, tenant, priority, nowMs } = init
  const waits = timeouts.length === 0 ? NO_TIMEOUTS : Float64Array.from(timeouts.flat())
  return rust.dagStart(handle, taskCount, pending, slack ?? null, outStart, outCount, flags, nodes, types, ranks, waits, template, tenant, priority, nowMs)
}

const NO_TIMEOUTS = new Float64Array(0)
