import type { Clock } from '@symphony/interface'

/** What the schedule asks of the manager. */
export interface Sweepable {
  nextDueMs(): number | undefined
  /** Sweeps one slice; true when more remains. */
  sweepSlice(): boolean
  hasPolicies(): boolean
}

/**
 * Sweeps by itself, on one timer of the clock port: when the next entity is due, every so often while there are policies,
 * and after 0 ms while a slice left something, so that whatever else waits gets its turn in between.
 */
export class AutoSweep {
  readonly #clock: Clock
  readonly #target: Sweepable
  readonly #policyEveryMs: number
  #isRunning = false
  #timerMs = Infinity
  #cancel: (() => void) | undefined
  #policiesMs = 0

  constructor(clock: Clock, target: Sweepable, policyEveryMs: number) {
    this.#clock = clock
    this.#target = target
    this.#policyEveryMs = policyEveryMs
  }

  start(): void {
    if (this.#isRunning) return
    this.#isRunning = true
    this.#policiesMs = this.#clock.monotonicMs() + this.#policyEveryMs
    this.arm()
  }

  stop(): void {
    this.#isRunning = false
    this.#disarm()
  }

  /** An entity has a new deadline: wakes earlier if need be. */
  notice(deadlineMs: number): void {
    if (this.#isRunning && deadlineMs < this.#timerMs) this.arm()
  }

  /** Sets the timer for whatever is next. */
  arm(): void {
    if (!this.#isRunning) return
    const policiesMs = this.#target.hasPolicies() ? this.#policiesMs : Infinity
    this.#setTimer(Math.min(this.#target.nextDueMs() ?? Infinity, policiesMs))
  }

  #setTimer(atMs: number): void {
    if (atMs === this.#timerMs) return
    this.#disarm()
    if (atMs === Infinity) return
    this.#timerMs = atMs
    this.#cancel = this.#clock.schedule(Math.max(0, atMs - this.#clock.monotonicMs()), () => this.#run())
  }

  #disarm(): void {
    this.#cancel?.()
    this.#cancel = undefined
    this.#timerMs = Infinity
  }

  #run(): void {
    this.#disarm()
    const more = this.#target.sweepSlice()
    if (!this.#isRunning) return
    const nowMs = this.#clock.monotonicMs()
    if (nowMs >= this.#policiesMs) this.#policiesMs = nowMs + this.#policyEveryMs
    if (more) this.#setTimer(nowMs)
    else this.arm()
  }
}
