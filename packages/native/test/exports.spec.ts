import { DagTables, typescriptBackend } from '@symphony/dag/for-backends'
import { nativeStatus } from '@symphony/native'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Worker } from 'node:worker_threads'
import { describe, expect, it } from 'vitest'
import type { DagHandle, NativeBinding } from '../src/binding.ts'
import { nativeBinding } from '../src/loader.ts'
import { codeOf } from './code-of.ts'
import { hasNative } from './native-here.ts'

const SIZES = { tasksMax: 64, edgesMax: 64, runsMax: 8 }

function tablesWithRun(): DagTables {
  const t = new DagTables(SIZES, typescriptBackend)
  t.chooseRanges(true)
  const ints = (...values: number[]): Int32Array => Int32Array.from(values)
  const columns = { taskCount: 3, pending: ints(0, 0, 1), slack: undefined, outStart: ints(0, 0, 0), outCount: ints(0, 0, 0), flags: ints(0, 0, 0), nodes: ints(0, 1, 2), timeouts: [] }
  typescriptBackend.start(t, columns, ints(0, 0, 0), new Float64Array(3), { template: 0, tenant: 0, priority: 0, nowMs: 1 })
  return t
}

type DagFunctions = { [K in keyof NativeBinding as K extends `dag${infer Name}` ? Uncapitalize<Name> : never]: NativeBinding[K] }
/** A handle with the functions that take its number. */
type Attached = DagHandle & { [K in keyof DagFunctions]: DagFunctions[K] extends (handle: number, ...rest: infer Rest) => infer R ? (...rest: Rest) => R : never }

function attach(t: DagTables, asks: (task: number) => boolean = () => true): Attached {
  const binding = nativeBinding()
  const handle = new binding.DagHandle(new Uint8Array(t.region.buffer), new Uint8Array(new SharedArrayBuffer(1024)), asks)
  const number = handle.number()
  const functions = Object.entries(binding).filter(([name]) => /^dag[A-Z]/.test(name)) as [string, (...given: unknown[]) => unknown][]
  const bound = functions.map(([name, call]) => [(name[3] as string).toLowerCase() + name.slice(4), (...rest: unknown[]) => call(number, ...rest)] as const)
  return { ...Object.fromEntries(bound), number: () => handle.number(), detach: () => handle.detach() } as Attached
}

const three = (): Int32Array => new Int32Array(3)
const waits = new Float64Array(0)

/** A call of every method that would do, on a handle of `tablesWithRun`. */
const calls: Readonly<Record<keyof Attached, (handle: Attached) => unknown>> = {
  number: (handle) => handle.number(),
  detach: (handle) => handle.detach(),
  fetch: (handle) => handle.fetch(new Int32Array(64), 0, new Int32Array(8)),
  start: (handle) => handle.start(3, three(), null, three(), three(), three(), three(), three(), new Float64Array(3), waits, 0, 0, 0, 1),
  free: (handle) => handle.free(0),
  take: (handle) => handle.take(three()),
  begin: (handle) => handle.begin(0, 1, 1),
  beginMany: (handle) => handle.beginMany(three(), 1, new Float64Array(1), 1, 1),
  complete: (handle) => handle.complete(0, 1),
  completeMany: (handle) => handle.completeMany(three(), 1, 1),
  fail: (handle) => handle.fail(0, 1),
  postpone: (handle) => handle.postpone(0, 1),
  wake: (handle) => handle.wake(0, 1),
  skip: (handle) => handle.skip(0, 1),
  cancel: (handle) => handle.cancel(0, 1, 1),
}

const bytesOf = (t: DagTables): Buffer => Buffer.from(new Uint8Array(t.region.buffer).slice())

describe.skipIf(!hasNative)('the exports of the binary', () => {
  it('are all those this test knows', () => {
    const binding = nativeBinding()
    const functions = Object.keys(binding).filter((name) => !['DagHandle', 'PoolHandle', 'describe', 'lastPanic', 'liveHandles', 'panicNext'].includes(name) && !name.startsWith('pool'))
    const methods = Object.getOwnPropertyNames(binding.DagHandle.prototype).filter((name) => name !== 'constructor')
    const known = Object.keys(calls).map((name) => (name in binding.DagHandle.prototype ? name : `dag${(name[0] as string).toUpperCase()}${name.slice(1)}`))
    expect([...functions, ...methods].sort()).toEqual(known.sort())
  })

  it.each(Object.keys(calls) as (keyof Attached)[])('%s panics as BACKEND_PANIC with the place, and the handle is of no use any more', (name) => {
    const binding = nativeBinding()
    const handle = attach(tablesWithRun())
    binding.panicNext()
    expect(() => calls[name](handle)).toThrow(expect.objectContaining({ code: 'BACKEND_PANIC', message: expect.stringMatching(/panicNext asked for this panic.*\.rs:\d+:\d+/) as string }))
    handle.detach()
  })

  it.each(['describe', 'liveHandles', 'lastPanic', 'panicNext'] as const)('%s panics as BACKEND_PANIC', (name) => {
    const binding = nativeBinding()
    binding.panicNext()
    expect(codeOf(() => binding[name]())).toBe('BACKEND_PANIC')
    expect(codeOf(() => binding[name]())).toBe('none')
    if (name === 'panicNext') expect(codeOf(() => binding.describe())).toBe('BACKEND_PANIC')
  })

  it('an attach that panics leaves no handle', () => {
    const binding = nativeBinding()
    const before = binding.liveHandles()
    binding.panicNext()
    expect(codeOf(() => attach(tablesWithRun()))).toBe('BACKEND_PANIC')
    expect(binding.liveHandles()).toBe(before)
  })

  it('a panic in the middle of a change poisons the handle', () => {
    const t = tablesWithRun()
    const handle = attach(t)
    // A row of a template that begins behind all edges: found out when its dependents are told, with the state written already.
    t.taskOutStart[0] = 1 << 20
    t.taskOutCount[0] = 1
    typescriptBackend.begin(t, 0, 1, 1)
    expect(codeOf(() => handle.complete(0, 2))).toBe('BACKEND_PANIC')
    expect(codeOf(() => handle.skip(1, 2))).toBe('BACKEND_PANIC')
    handle.detach()
    expect(codeOf(() => handle.skip(1, 2))).toBe('CLOSED')
  })
})

describe.skipIf(!hasNative)('every value from JavaScript', () => {
  const wrong: readonly unknown[] = [-1, 0.5, NaN, Infinity, -Infinity, 2 ** 32, 2 ** 32 + 1, 2 ** 53, 64, 63, '0', null, undefined, {}, [], 0n, true, Symbol('row'), () => 0, new Int32Array(1)]

  it.each(wrong.map((value) => [typeof value === 'symbol' ? 'a symbol' : typeof value === 'bigint' ? '0n' : (JSON.stringify(value) ?? String(value)), value] as const))('%s is no row: refused, and nothing is written', (_, value) => {
    const t = tablesWithRun()
    const handle = attach(t)
    const before = bytesOf(t)
    const row = value as number
    const array = Int32Array.of(Number.isInteger(value) && Math.abs(row) < 2 ** 31 ? row : -7)
    const codes = [
      () => handle.begin(row, 1, 1), () => handle.complete(row, 1), () => handle.fail(row, 1), () => handle.postpone(row, 1), () => handle.wake(row, 1),
      () => handle.skip(row, 1), () => handle.cancel(row, 1, 1), () => handle.cancel(1, row, 1), () => handle.free(row),
      () => handle.completeMany(array, 1, 1), () => handle.beginMany(array, 1, new Float64Array(1), 1, 1), () => handle.completeMany(three(), row, 1),
    ].map(codeOf)
    for (const code of codes) expect(['INVALID_ARGUMENT', 'TASK_STATE']).toContain(code)
    expect(bytesOf(t).equals(before)).toBe(true)
    handle.detach()
  })

  it('is checked where arrays are due, and where times are', () => {
    const t = tablesWithRun()
    const handle = attach(t)
    const before = bytesOf(t)
    const codes = [
      () => handle.take([] as never), () => handle.take(new Float64Array(2) as never), () => handle.fetch(null as never, 0, three()), () => handle.complete(0, NaN), () => handle.complete(0, '1' as never),
      () => handle.start(4, three(), null, three(), three(), three(), three(), three(), new Float64Array(3), waits, 0, 0, 0, 1),
      () => handle.start(3, three(), three().subarray(1), three(), three(), three(), three(), three(), new Float64Array(3), waits, 0, 0, 0, 1),
      () => handle.start(3, three(), null, three(), three(), three(), three(), three(), new Float64Array(3), Float64Array.of(3, 5), 0, 0, 0, 1),
      () => handle.beginMany(three(), 2, new Float64Array(1), 1, 1), () => handle.completeMany(three(), 4, 1),
    ].map(codeOf)
    expect(new Set(codes)).toEqual(new Set(['INVALID_ARGUMENT']))
    expect(codeOf(() => handle.start(60, new Int32Array(60), null, new Int32Array(60), new Int32Array(60), new Int32Array(60), new Int32Array(60), new Int32Array(60), new Float64Array(60), waits, 0, 0, 0, 1))).toBe('CAPACITY_EXCEEDED')
    expect(bytesOf(t).equals(before)).toBe(true)
    const detached = new Int32Array(8)
    structuredClone(detached, { transfer: [detached.buffer] })
    expect(handle.take(detached)).toBe(0)
    handle.detach()
  })

  it('is no region unless it is one, whole and shared', () => {
    const { DagHandle } = nativeBinding()
    const t = tablesWithRun()
    const whole = new Uint8Array(t.region.buffer)
    const outbox = new Uint8Array(new SharedArrayBuffer(64))
    const make = (region: unknown, box: unknown = outbox, asks: unknown = () => true) => codeOf(() => new DagHandle(region as Uint8Array, box as Uint8Array, asks as () => boolean))
    expect(make(whole)).toBe('none')
    expect(make(Uint8Array.from(whole))).toBe('INVALID_ARGUMENT')
    expect([make(null), make({}), make(new Int32Array(t.region.buffer)), make(whole, null), make(whole, outbox, 3), make(whole, new Uint8Array(new SharedArrayBuffer(4)))]).toEqual(Array(6).fill('INVALID_ARGUMENT'))
    expect([make(whole.subarray(64)), make(whole.subarray(0, 640)), make(new Uint8Array(new SharedArrayBuffer(64)))]).toEqual(Array(3).fill('REGION_CORRUPT'))
    t.region.header[2]!++
    expect(make(whole)).toBe('LAYOUT_MISMATCH')
  })

  it('is no handle unless it is one', () => {
    const binding = nativeBinding()
    const handle = attach(tablesWithRun())
    const number = handle.number()
    for (const wrong of [number + 1, number + 4096, 4095, 2 ** 32 - 1]) expect(codeOf(() => binding.dagSkip(wrong, 0, 1))).toBe('CLOSED')
    for (const wrong of [-1, 0.5, NaN, 2 ** 32 + number, '0', null, undefined]) expect(codeOf(() => binding.dagSkip(wrong as number, 0, 1))).toBe('INVALID_ARGUMENT')
    handle.detach()
    const next = attach(tablesWithRun())
    expect(next.number()).not.toBe(number)
    expect(codeOf(() => binding.dagSkip(number, 0, 1))).toBe('CLOSED')
    next.detach()
    expect(codeOf(() => binding.DagHandle.prototype.number.call({} as DagHandle))).toBe('INVALID_ARGUMENT')
    expect(codeOf(() => binding.DagHandle.prototype.detach.call(Object.create(binding.DagHandle.prototype) as DagHandle))).toBe('INVALID_ARGUMENT')
  })
})

describe.skipIf(!hasNative)('a handle', () => {
  it('lets go of its region once, and is closed then', () => {
    const before = nativeBinding().liveHandles()
    const handle = attach(tablesWithRun())
    expect(nativeBinding().liveHandles()).toBe(before + 1)
    handle.detach()
    handle.detach()
    expect(nativeBinding().liveHandles()).toBe(before)
    expect(codeOf(() => handle.take(three()))).toBe('CLOSED')
  })

  it('that nobody detached dies with the garbage', async () => {
    const before = await leastHandles()
    leaveHandles(300)
    expect(nativeBinding().liveHandles()).toBeGreaterThan(before)
    expect(await leastHandles()).toBe(before)
  })

  it('goes with its thread: 500 workers attach and die, some of them by force', { timeout: 300_000 }, async () => {
    const before = await leastHandles()
    const { buffer } = tablesWithRun().region
    const one = (isEndless: boolean): Promise<void> =>
      new Promise((resolve, reject) => {
        const worker = new Worker(ATTACHING, { eval: true, execArgv: [], workerData: { buffer, isEndless, binary: nativeStatus().attempts.at(-1)?.from } })
        worker.once('error', reject)
        worker.once('message', () => void (isEndless && worker.terminate()))
        worker.once('exit', () => resolve())
      })
    for (let five = 0; five < 100; five++) await Promise.all([true, false, false, false, false].map(one))
    expect(await leastHandles()).toBe(before)
  })

  it('is not called from within its own call', () => {
    const added = tablesWithAddedCondition()
    const seen: string[] = []
    const handle: Attached = attach(added, (task) => {
      seen.push(`asked for ${task}`, codeOf(() => handle.skip(1, 1)), codeOf(() => handle.detach()))
      return true
    })
    handle.complete(0, 3)
    expect(seen).toEqual(['asked for 1', 'BACKEND_PANIC', 'BACKEND_PANIC'])
    expect(added.taskState[1]).toBe(1)
    handle.detach()
  })

  it('whose question is not answered panics', () => {
    for (const answer of [() => { throw new Error('no answer') }, () => 'yes' as never]) {
      const t = tablesWithAddedCondition()
      const handle = attach(t, answer)
      expect(codeOf(() => handle.complete(0, 3))).toBe('BACKEND_PANIC')
      handle.detach()
    }
  })
})

/** Attaches a handle and never detaches it: the end of the thread has to. Plain JavaScript, which starts several times faster. */
const ATTACHING = `
  const { parentPort, workerData } = require('node:worker_threads')
  const { DagHandle, dagTake } = require(workerData.binary)
  const handle = new DagHandle(new Uint8Array(workerData.buffer), new Uint8Array(new SharedArrayBuffer(64)), () => true)
  parentPort.postMessage('attached')
  do dagTake(handle.number(), new Int32Array(0)); while (workerData.isEndless)
`

/** In a function of its own, whose frame keeps none of them. */
function leaveHandles(count: number): void {
  const t = tablesWithRun()
  for (let made = 0; made < count; made++) {
    const handle = attach(t)
    if (made % 3 === 0) handle.detach()
  }
}

/** Handles that are left when all garbage is collected. Finalizers come in a turn of their own. */
async function leastHandles(): Promise<number> {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  let least = nativeBinding().liveHandles()
  for (let quiet = 0; quiet < 10; quiet++) {
    collect()
    await new Promise((resolve) => setImmediate(resolve))
    const left = nativeBinding().liveHandles()
    if (left < least) quiet = 0
    least = left
  }
  return least
}

/** Task 0 runs, and task 1 was added with a condition on it. */
function tablesWithAddedCondition(): DagTables {
  const t = tablesWithRun()
  const link = t.links.allocate()
  t.linkFrom[link] = 0
  t.linkTo[link] = 1
  t.linkKind[link] = 1
  t.taskExtraOut[0] = link + 1
  t.taskExtraIn[1] = link + 1
  t.taskPending[1] = 1
  t.taskNode[1] = -1
  t.taskFlags[1] = 64
  t.taskState[0] = 1
  typescriptBackend.begin(t, 0, 1, 1)
  return t
}
