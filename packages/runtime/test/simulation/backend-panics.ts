import type { Simulation } from '@symphony/conformance/simulator'
import type { Random, Runtime } from '@symphony/interface'
import { healthOf, PanickingBackend } from '../panicking-backend.ts'
import type { Panics } from '../panicking-backend.ts'
import { Soon } from './soon.ts'

/** Chance that a process has a backend that fails inside. */
const PANICS = 0.15
const FUNCTIONS = {
  dag: ['start', 'begin', 'complete', 'fail', 'postpone', 'wake', 'take'],
  pool: ['takeSlots', 'takeSlot', 'endLease', 'freeGateSlots', 'token'],
} as const

/** Backends that throw in the middle of what they do, once or a few times in a process: noticed within a second, and then set up anew. */
export class BackendPanics {
  readonly #noticed = new Soon()
  readonly #mended = new Soon()
  #panics: Panics | undefined
  #backend: PanickingBackend | undefined
  #counted = 0

  opened(runtime: Runtime, { isSafe, world }: Simulation): void {
    this.#noticed.born()
    this.#mended.born()
    this.#counted = 0
    this.#backend = undefined
    if (isSafe || world.random.next() >= PANICS) return
    this.#panics = drawPanics(world.random)
    this.#backend = new PanickingBackend(this.#panics)
    this.#backend.renew(runtime)
  }

  stepped(runtime: Runtime, simulation: Simulation): void {
    const [backend, panics] = [this.#backend, this.#panics]
    if (backend === undefined || panics === undefined || backend.thrown === 0) return
    const { thrown } = backend
    if (thrown > this.#counted) simulation.world.tally.count(`panic-${panics.component}`, thrown - this.#counted)
    this.#counted = thrown
    const health = healthOf(runtime, panics.component)
    const where = `${panics.of} of the ${panics.component} failed ${thrown} times`
    this.#noticed.look(health.panics < thrown, simulation, () => `${where}, and ${health.panics} were noticed`)
    this.#mended.look(simulation.life.disk.refused === 0 && health.status === 'quarantined', simulation, () => `${where}, and it is still ${health.status}: ${health.reasons.join('; ')}`)
    if (health.status !== 'quarantined') backend.renew(runtime)
  }
}

function drawPanics(random: Random): Panics {
  const any = <T>(all: readonly T[]): T => all[Math.floor(random.next() * all.length)] as T
  const component = any(['dag', 'dag', 'pool'] as const)
  return { component, of: any(FUNCTIONS[component]), every: 1 + Math.floor(random.next() * 6), when: any(['before', 'after'] as const), most: 1 + Math.floor(random.next() * 2) }
}
