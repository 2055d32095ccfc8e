import { SymphonyError } from '@symphony/interface'
import type { ExpiryHandler, Logger, WatchHandle } from '@symphony/interface'
import { COMPONENT } from './init.ts'

/** Messages about throwing handlers a sweep may log; the rest is counted only. */
const LOGGED_PER_SWEEP_MAX = 8

/** Who is told about which kind. Kinds are numbered in the order they come. */
export class ExpiryHandlers {
  readonly #numbers = new Map<string, number>()
  readonly #kinds: string[] = []
  readonly #handlers: ExpiryHandler[] = []
  readonly #logger: Logger
  #errors = 0
  #logged = 0
  #lastError: string | undefined

  constructor(logger: Logger) {
    this.#logger = logger
  }

  get errors(): number {
    return this.#errors
  }

  /** How many kinds there are. */
  get count(): number {
    return this.#handlers.length
  }

  /** The newest error in words, or undefined when no handler has ever thrown. */
  get lastError(): string | undefined {
    return this.#lastError
  }

  /** @throws SymphonyError `ALREADY_EXISTS` */
  add(kind: string, handler: ExpiryHandler): void {
    if (this.#numbers.has(kind)) {
      throw new SymphonyError({
        code: 'ALREADY_EXISTS',
        component: COMPONENT,
        message: `Kind "${kind}" has a handler already. Give each kind one handler, and let it call the others.`,
        details: { kind },
      })
    }
    this.#numbers.set(kind, this.#handlers.length)
    this.#kinds.push(kind)
    this.#handlers.push(handler)
  }

  /** Number of a kind, or -1 when nobody handles it. */
  numberOf(kind: string): number {
    return this.#numbers.get(kind) ?? -1
  }

  beginSweep(): void {
    this.#logged = 0
  }

  /** Tells the handler. What it throws is counted, logged and kept from the others. */
  tell(kind: number, id: number, latenessMs: number, handle: number): void {
    try {
      ;(this.#handlers[kind] as ExpiryHandler)(id, latenessMs, handle as WatchHandle)
    } catch (error) {
      this.#fail(kind, id, error)
    }
  }

  #fail(kind: number, id: number, error: unknown): void {
    this.#errors++
    const reason = error instanceof Error ? error.message : String(error)
    this.#lastError = `handler of "${this.#kinds[kind]}" threw: ${reason}`
    if (this.#logged >= LOGGED_PER_SWEEP_MAX) return
    this.#logged++
    this.#logger.error('An expiry handler threw; the entity counts as told.', { kind: this.#kinds[kind], id, reason })
  }
}
