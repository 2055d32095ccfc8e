import { COMPONENT_IDS, EVENTS } from '@symphony/interface'
import type { Clock, ComponentHealth, EventSink, HealthEpisode, Logger, RuntimeHealth, SupervisedHealth } from '@symphony/interface'
import type { Components } from './compose.ts'

/** Numbers of the states in events. */
const STATUS_NUMBERS = { quarantined: 0, healthy: 1, degraded: 2, closed: 3 } as const
/** From well to bad. */
const ORDER: readonly ComponentHealth['status'][] = ['healthy', 'degraded', 'quarantined', 'closed']

/** Times at which a component was not well, kept to be told about. */
const EPISODES_KEPT = 16

interface Entry {
  status: ComponentHealth['status']
  sinceMs: number
  panics: number
  restorations: number
  episodes: readonly HealthEpisode[]
}

/** Follows how the components feel: since when, how often one failed inside, and tells others of every change. */
export class HealthRecord {
  readonly #components: Components
  readonly #clock: Clock
  readonly #events: EventSink
  readonly #logger: Logger
  readonly #entries: ReadonlyMap<keyof Components, Entry>

  constructor(components: Components, clock: Clock, events: EventSink, logger: Logger) {
    this.#components = components
    this.#clock = clock
    this.#events = events
    this.#logger = logger
    const sinceMs = clock.nowMs()
    this.#entries = new Map((Object.keys(components) as (keyof Components)[]).map((name) => [name, { status: 'healthy', sinceMs, panics: 0, restorations: 0, episodes: [] }]))
  }

  panicked(name: keyof Components): void {
    this.#entry(name).panics++
    this.look()
  }

  restored(name: keyof Components): void {
    this.#entry(name).restorations++
    this.look()
  }

  /** Asks every component, and tells of what has changed. */
  look(): RuntimeHealth {
    const components = (Object.keys(this.#components) as (keyof Components)[]).map((name) => this.#lookAt(name))
    const status = ORDER.findLast((one) => components.some((component) => component.status === one)) ?? 'healthy'
    return { status, components }
  }

  #lookAt(name: keyof Components): SupervisedHealth {
    const health = this.#components[name].health()
    const entry = this.#entry(name)
    if (health.status !== entry.status) this.#changed(name, entry, health)
    const { sinceMs, panics, restorations, episodes } = entry
    return { ...health, sinceMs, panics, restorations, episodes }
  }

  #changed(name: keyof Components, entry: Entry, { component, status, reasons }: ComponentHealth): void {
    const before = entry.status
    entry.status = status
    entry.sinceMs = this.#clock.nowMs()
    this.#turnPage(entry, status, reasons)
    this.#events.publish(EVENTS.HEALTH_CHANGED, COMPONENT_IDS[name], STATUS_NUMBERS[status], STATUS_NUMBERS[before])
    // What is closed was closed by somebody; that is no news.
    if (status === 'closed') return
    const isWorse = ORDER.indexOf(status) > ORDER.indexOf(before)
    const { panics, restorations } = entry
    this.#logger[isWorse ? 'warn' : 'info'](`${component} is ${status}`, { health: status, before, reasons, panics, restorations })
  }

  /** One time of not being well ends here, or begins, or both. */
  #turnPage(entry: Entry, status: ComponentHealth['status'], reasons: readonly string[]): void {
    const { sinceMs } = entry
    const ended = entry.episodes.map((episode) => (episode.untilMs === undefined ? { ...episode, untilMs: sinceMs } : episode))
    const begun = status === 'degraded' || status === 'quarantined' ? [{ status, sinceMs, untilMs: undefined, reasons }] : []
    entry.episodes = [...ended, ...begun].slice(-EPISODES_KEPT)
  }

  #entry(name: keyof Components): Entry {
    return this.#entries.get(name) as Entry
  }
}
