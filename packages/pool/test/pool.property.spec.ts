import { expect, it } from 'vitest'
import type { InstanceReport, Lease, LoadContext, LoadedModel, PoolManager } from '@symphony/interface'
import { createPoolManager } from '@symphony/pool'
import { seededRandom, VirtualClock } from '@symphony/ports'

const MODELS = ['a', 'b', 'c'] as const
const MEMORY_BYTES_MAX = 40

interface Wait {
  state: 'waiting' | 'granted' | 'refused'
}

/** A pool with three models that compete for memory, and everything that was asked of it. */
class Theatre {
  readonly clock = new VirtualClock()
  readonly pool: PoolManager
  readonly leases: Lease[] = []
  readonly over: Lease[] = []
  readonly waits: Wait[] = []
  readonly loads: { context: LoadContext; end(isGood: boolean): void }[] = []
  readonly loaded = new Set<LoadContext>()

  constructor() {
    this.pool = createPoolManager({ memoryBytesMax: MEMORY_BYTES_MAX, waitersMax: 20 }, { clock: this.clock })
    const load = (context: LoadContext): Promise<LoadedModel> =>
      new Promise((resolve, reject) => {
        const end = (isGood: boolean): void => {
          this.loads.splice(this.loads.indexOf(entry), 1)
          if (!isGood) return reject(new Error('bad luck'))
          this.loaded.add(context)
          resolve({ invoke: (input) => input, unload: () => void this.loaded.delete(context), terminate: () => void this.loaded.delete(context) })
        }
        const entry = { context, end }
        this.loads.push(entry)
      })
    this.pool.registerModel({ id: 'a', runner: { kind: 'test', load }, instancesMax: 3, slotsPerInstance: 2, memoryBytes: 10 })
    this.pool.registerModel({ id: 'b', runner: { kind: 'test', load }, instancesMax: 2, slotsPerInstance: 1, memoryBytes: 20 })
    this.pool.registerModel({ id: 'c', runner: { kind: 'test', load }, instancesMax: 1, slotsPerInstance: 33, memoryBytes: 5, pinned: true, loadTimeoutMs: 500 })
  }

  ask(asked: Promise<readonly Lease[]>): void {
    const wait: Wait = { state: 'waiting' }
    this.waits.push(wait)
    asked.then(
      (leases) => {
        wait.state = 'granted'
        this.leases.push(...leases)
      },
      () => (wait.state = 'refused'),
    )
  }

  release(index: number): void {
    const [lease] = this.leases.splice(index % Math.max(1, this.leases.length), 1)
    if (lease === undefined) return
    const wasLive = lease.isLive
    expect(lease.release()).toBe(wasLive)
    this.over.push(lease)
  }
}

interface Step {
  readonly name: string
  run(theatre: Theatre): unknown
}

/** Chances that depend on a seed alone. */
class Dice {
  readonly #random

  constructor(seed: number) {
    this.#random = seededRandom(seed)
  }

  below(limit: number): number {
    return Math.floor(this.#random.next() * limit)
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)] as T
  }
}

const at = <T>(list: Iterable<T>, index: number): T | undefined => [...list][index % Math.max(1, [...list].length)]

function tryOne(dice: Dice): Step {
  const id = dice.pick(MODELS)
  return {
    name: `try ${id}`,
    run({ pool, leases }) {
      const lease = pool.tryAllocateModel(id)
      if (lease !== undefined) leases.push(lease)
    },
  }
}

function allocate(dice: Dice): Step {
  const request = { model: dice.pick(MODELS), priority: dice.below(3), ...dice.pick([{}, {}, { leaseMs: 50 }, { leaseMs: 300 }]) }
  const options = dice.pick([{}, { timeoutMs: 10 }, { timeoutMs: 200 }])
  return { name: `allocate ${JSON.stringify([request, options])}`, run: (theatre) => theatre.ask(theatre.pool.allocateModel(request, options).then((lease) => [lease])) }
}

function allocateAll(dice: Dice): Step {
  const requests = Array.from({ length: 1 + dice.below(3) }, () => ({ model: dice.pick(MODELS) }))
  return { name: `allocate all ${requests.map(({ model }) => model).join('')}`, run: (theatre) => theatre.ask(theatre.pool.allocateModels(requests, { timeoutMs: 300 })) }
}

function onInstance(dice: Dice): Step {
  const id = dice.pick(MODELS)
  const number = dice.below(9)
  return dice.pick<Step>([
    { name: `break ${number}`, run: ({ loaded }) => at(loaded, number)?.fail?.(new Error('broke')) },
    { name: `drain ${id}`, run: ({ pool }) => void pool.drain(id) },
    { name: `cool ${id} ${number}`, run: ({ pool }) => pool.cool((at(pool.inspect(id).instances, number) as InstanceReport).row) },
    { name: `prewarm ${id}`, run: ({ pool }) => void pool.prewarm(id, 2).catch(() => {}) },
  ])
}

const kinds: readonly (readonly [weight: number, make: (dice: Dice) => Step])[] = [
  [4, tryOne],
  [5, allocate],
  [2, allocateAll],
  [6, (dice) => ((number) => ({ name: `release ${number}`, run: (theatre) => theatre.release(number) }))(dice.below(50))],
  [1, (dice) => ((number) => ({ name: `release ${number} again`, run: ({ over }) => expect(over[number]?.release() ?? false).toBe(false) }))(dice.below(50))],
  [6, (dice) => ((number, isGood) => ({ name: `load ${number} ${isGood ? 'succeeds' : 'fails'}`, run: ({ loads }) => at(loads, number)?.end(isGood) }))(dice.below(9), dice.below(4) > 0)],
  [3, (dice) => ((byMs) => ({ name: `advance ${byMs}`, run: ({ clock }) => clock.advance(byMs) }))(dice.pick([1, 60, 1_000, 40_000]))],
  [4, onInstance],
]
const bag = kinds.flatMap(([weight, make]) => Array.from({ length: weight }, () => make))

async function settle(): Promise<void> {
  for (let turn = 0; turn < 40; turn++) await Promise.resolve()
}

function check(theatre: Theatre): void {
  const { pool, leases, waits } = theatre
  const reports = pool.models()
  const live = leases.filter((lease) => lease.isLive)
  for (const report of reports) {
    const own = live.filter((lease) => lease.model === report.id)
    expect(own.length, `${report.id}: slots used are those leased`).toBe(report.slotsUsed)
    for (const instance of report.instances) {
      const held = own.filter((lease) => lease.instance === instance.row)
      expect(held.length).toBe(instance.slotsUsed)
      expect(held.length).toBeLessThanOrEqual(report.slotsTotal / report.instances.length)
      if (held.length > 0) expect(['hot', 'cooling']).toContain(instance.state)
      if (instance.state === 'cold' || instance.state === 'failed') expect(instance.memoryBytes).toBe(0)
    }
    const hotSlots = report.instances.filter(({ state }) => state === 'hot').reduce((sum, { slotsUsed }) => sum + report.slotsTotal / report.instances.length - slotsUsed, 0)
    expect(pool.freeSlots(report.number)).toBe(hotSlots)
  }
  const { leasesGranted, leasesReleased, leasesExpired, memoryBytes, waiting } = pool.metrics()
  expect(leasesGranted, 'every lease has an end or lives').toBe(leasesReleased + leasesExpired + live.length)
  expect(memoryBytes).toBeLessThanOrEqual(MEMORY_BYTES_MAX)
  expect(memoryBytes, 'memory is what instances are charged with').toBe(reports.flatMap(({ instances }) => instances).reduce((sum, instance) => sum + instance.memoryBytes, 0))
  expect(waits.filter(({ state }) => state === 'waiting').length, 'who waits is counted').toBe(waiting)
}

/** Nobody waits for one slot of a model that has one free. */
function checkNobodyIsForgotten(theatre: Theatre): void {
  const gangs = theatre.pool.models().reduce((sum, report) => sum + report.waiting, 0) - theatre.pool.metrics().waiting
  if (gangs !== 0) return
  for (const report of theatre.pool.models()) if (theatre.pool.freeSlots(report.number) > 0 && report.waiting > 0) expect(report.waiting, `${report.id} has free slots and people waiting`).toBe(0)
}

async function play(steps: readonly Step[]): Promise<void> {
  const theatre = new Theatre()
  for (const step of steps) {
    step.run(theatre)
    await settle()
    check(theatre)
    if (!steps.some(({ name }) => name.startsWith('allocate all'))) checkNobodyIsForgotten(theatre)
  }
  // Left alone, with loads that work and leases that end, everybody is served or told.
  for (let round = 0; round < 60 && theatre.waits.some(({ state }) => state === 'waiting'); round++) {
    for (const load of [...theatre.loads]) load.end(true)
    await settle()
    while (theatre.leases.length > 0) theatre.release(0)
    await settle()
    theatre.clock.advance(1_000)
    await settle()
  }
  expect(theatre.waits.filter(({ state }) => state === 'waiting')).toEqual([])
  check(theatre)
  await theatre.pool.close()
  expect([...theatre.loaded]).toEqual([])
  expect(theatre.clock.pendingTimers).toBe(0)
}

const failure = (steps: readonly Step[]): Promise<unknown> => play(steps).then(() => undefined, (error: unknown) => error)

/** Leaves out every step that the failure does not need. */
async function shrunk(steps: readonly Step[]): Promise<readonly Step[]> {
  for (let index = steps.length - 1; index >= 0; index--) {
    const fewer = steps.toSpliced(index, 1)
    if ((await failure(fewer)) !== undefined) steps = fewer
  }
  return steps
}

const firstSeed = Number(process.env['SEED'] ?? 1)

it('keeps its books whatever happens, in whatever order', async () => {
  for (let seed = firstSeed; seed < firstSeed + Number(process.env['RUNS'] ?? 150); seed++) {
    const dice = new Dice(seed)
    const steps = Array.from({ length: 5 + dice.below(76) }, () => dice.pick(bag)(dice))
    if ((await failure(steps)) === undefined) continue
    const least = await shrunk(steps)
    throw new Error(`SEED=${seed} breaks it:\n${least.map(({ name }) => name).join('\n')}`, { cause: await failure(least) })
  }
})
