import type { Random, Runtime } from '@symphony/interface'
import { seededRandom, systemClock, systemTurns, VirtualClock } from '@symphony/ports'
import { zeroFaults } from './fault-counts.ts'
import { HONEST_CUT } from './fault-plan.ts'
import type { CutWeights, FaultPlan } from './fault-plan.ts'
import { Life } from './life.ts'
import type { LifePorts } from './life.ts'
import { SimulatedFileSystem } from './simulated-file-system.ts'
import type { Damage } from './simulated-file-system.ts'
import { Tally } from './tally.ts'
import { Trace } from './trace.ts'
import type { WorldFaults } from './world-faults.ts'

/** What is simulated, and who looks on. */
export interface WorldOptions {
  readonly seed: number
  readonly faults: Required<WorldFaults>
  /** Opens the runtime of one process. */
  open(ports: LifePorts, life: Life): Promise<Runtime>
  /** It is open; recovery is over. */
  opened(life: Life, runtime: Runtime): void
  /** After every step of a process that is open. */
  stepped(life: Life, runtime: Runtime): void
  /** Whether there is nothing left to be done. @param isIdle nothing is going to happen any more */
  isDone(runtime: Runtime, isIdle: boolean): boolean
  /**
   * Says whether what a disk was spoilt with is as it has to be. Without it, no disk is spoilt.
   * @returns whether it is lived with from here on; otherwise everything is put right from a copy
   */
  readonly spoilt?: (opening: SpoiltOpening, life: Life) => boolean
  /** Steps kept as text, for a seed that is looked into. Default 0. */
  readonly traced?: number
}

/** At which steps of a process its time leaps; Infinity for never. */
interface Leap {
  readonly jumpsAtStep: number
  readonly standsAtStep: number
}

/** What came of opening what a device had spoilt. */
export interface SpoiltOpening {
  readonly damages: readonly Damage[]
  /** The files as they would be without it. */
  readonly whole: SimulatedFileSystem
  /** It opened. */
  readonly runtime: Runtime | undefined
  /** It did not. */
  readonly refusal: unknown
}

/** How one process went. `stuck`: nothing was left to happen, and not everything was done. */
export type LifeOutcome = 'died' | 'refused' | 'done' | 'stuck'

/** So many steps without faults are enough for anything; a run that takes more never ends. */
const STEPS_MAX = 50_000
/** So long nothing happens before time leaps to what happens next: what looks again and again has looked by then. */
const QUIET_MS = 1_500
const QUIET_STEP_MS = 500
/** How long a clock jumps and a process stands still: as likely by seconds as by hours. */
const LEAP_MS_MIN = 2_000
const LEAP_MS_MAX = 6 * 3_600_000
/** Half of what was not forced goes to another place. */
const MISDIRECTING: CutWeights = { ...HONEST_CUT, misdirected: 6 }
/** How long a function may wait for something real, in turns of the real event loop of about a millisecond. */
const PATIENCE_TURNS = 5_000

/**
 * Processes that come one after the other on one disk and die, on one thread: time, turns, chance and files are simulated, and all that
 * is not determined by the code is drawn from one seed.
 */
export class World {
  readonly clock: VirtualClock = new VirtualClock()
  readonly random: Random
  readonly tally: Tally = new Tally()
  readonly trace: Trace
  readonly faults: ReturnType<typeof zeroFaults> = zeroFaults()
  readonly #options: WorldOptions
  #files: SimulatedFileSystem
  #life: Life | undefined
  #lives = 0
  #isDangerous = false
  /** Since when only time has passed, in the clock's `monotonicMs`. */
  #quietSinceMs = 0
  /** It is lived with damage, and more of it at once is nobody's promise. */
  #isSpoilt = false

  constructor(options: WorldOptions) {
    this.#options = options
    this.random = seededRandom(options.seed)
    this.trace = new Trace(options.traced)
    this.#files = new SimulatedFileSystem(this.#plan(true), { random: seededRandom(options.seed ^ 0x5eed), counts: this.faults, slow: (ms) => this.#life?.clock.stall(ms) })
  }

  /** Processes so far. */
  get lives(): number {
    return this.#lives
  }

  /** What is on the disk. */
  get files(): SimulatedFileSystem {
    return this.#files
  }

  /** A process that may die at any step, or meet a disk that refuses. */
  async liveDangerously(): Promise<LifeOutcome> {
    const { random } = this
    this.#isDangerous = true
    await this.#spoil()
    const drawn = random.next()
    let diesAtStep = Infinity
    const operations = (of: number): number => 1 + Math.floor(random.next() * random.next() * of)
    const moment = (['before', 'within', 'after'] as const)[Math.floor(random.next() * 3)] as 'before' | 'within' | 'after'
    if (drawn < 0.15) this.#files.arm({ crash: { at: operations(14), moment } })
    else if (drawn < 0.6) this.#files.arm({ crash: { at: operations(160), moment } })
    else if (drawn < 1 - this.#options.faults.refusals) diesAtStep = 1 + Math.floor(random.next() * 200)
    else this.#armRefusal(operations(40))
    return this.#live(diesAtStep)
  }

  /** A process that nothing happens to. */
  async liveSafely(): Promise<LifeOutcome> {
    this.#isDangerous = false
    await this.#spoil()
    this.#files = this.#files.killed(this.#plan(false))
    return this.#live(Infinity)
  }

  #plan(isFaulty: boolean): FaultPlan {
    const { faults } = this.#options
    return isFaulty ? { cut: faults.cut, namesKept: 0.5, slow: faults.slow, mayLand: () => true } : {}
  }

  /** Draws only what may happen: seeds of simulations without it stay what they are. */
  #maySpoil(chance: number): boolean {
    return this.#options.spoilt !== undefined && chance > 0 && !this.#isSpoilt && this.random.next() < chance
  }

  /** A disk rots also while nobody is there, and after everything else has gone well. */
  #spoil(): Promise<void> {
    if (this.#maySpoil(this.#options.faults.rot)) this.#files.rotSomewhere()
    return this.#lookAtDamage()
  }

  /** Opens what the device has spoilt once, and nothing else, so that what has to be seen is seen by itself. */
  async #lookAtDamage(): Promise<void> {
    const { damages } = this.#files
    if (damages.length === 0 || this.#options.spoilt === undefined) return
    const whole = this.#files.mended()
    const life = (this.#life = new Life(this.#lives, this.#files, this.clock, this.random))
    life.isLook = true
    this.trace.note(`looks at ${damages.map(({ path, at }) => `${path} ${at}`).join(', ')}`)
    this.#files.arm({})
    this.#options.open(life.ports, life).then(
      (runtime) => {
        life.runtime = runtime
        // Not a step further: who lives with it comes later.
        this.#isSpoilt = this.#options.spoilt?.({ damages, whole, runtime, refusal: undefined }, life) ?? false
        life.end()
      },
      (error: unknown) => {
        life.refusal = error
        this.#options.spoilt?.({ damages, whole, runtime: undefined, refusal: error }, life)
        life.end()
      },
    )
    for (let step = 0; step < STEPS_MAX && !life.isOver; step++) {
      await turn()
      this.#advance(life)
    }
    this.trace.note(this.#isSpoilt ? 'lives with it' : 'put right')
    this.#files = this.#isSpoilt ? this.#files.killed() : whole
  }

  #armRefusal(at: number): void {
    const { random } = this
    const [operation, code] = ([['write', 'STORAGE_FULL'], ['write', 'STORAGE_FAILED'], ['sync', 'STORAGE_FAILED'], ['any', 'STORAGE_FAILED']] as const)[Math.floor(random.next() * 4)]!
    this.#files.arm({ failures: [{ operation, at, code, isForEver: random.next() < 0.5, partBytes: Math.floor(random.next() * 600) }] })
  }

  async #live(diesAt: number): Promise<LifeOutcome> {
    const life = (this.#life = new Life(++this.#lives, this.#files, this.clock, this.random))
    this.trace.note(`life ${life.number}`)
    this.#options.open(life.ports, life).then(
      (runtime) => {
        if (life.isOver) return
        life.runtime = runtime
        this.#options.opened(life, runtime)
      },
      (error: unknown) => void (life.refusal = error),
    )
    const outcome = await this.#step(life, diesAt, this.#drawLeap())
    this.trace.note(`${outcome} after ${this.#files.operations} operations`)
    this.tally.count(`life-${outcome}`)
    if (outcome === 'done') await this.#close(life)
    // Of one that is stuck it is still to be seen why.
    if (outcome !== 'stuck') this.bury(life)
    return outcome
  }

  async #step(life: Life, diesAt: number, leap: Leap): Promise<LifeOutcome> {
    let diesAtStep = diesAt
    let waited = 0
    for (let step = 0; step < STEPS_MAX; step++) {
      await turn()
      const { runtime } = life
      if (step === leap.jumpsAtStep) this.#jump()
      if (step === leap.standsAtStep) this.#stand(life)
      if (life.isOver) return 'died'
      if (life.refusal !== undefined) return this.#refused(life)
      if (runtime !== undefined) {
        this.#options.stepped(life, runtime)
        if (this.#options.isDone(runtime, false)) return 'done'
      }
      // Whoever runs it sees that the disk refuses, and starts it anew.
      if (life.disk.refused > 0 && diesAtStep === Infinity) diesAtStep = step + 1 + Math.floor(this.random.next() * 20)
      if (step >= diesAtStep) {
        life.end()
        return 'died'
      }
      if (this.#advance(life)) waited = 0
      else if (waited++ > 3) {
        if (diesAtStep < Infinity) diesAtStep = step
        else if (runtime !== undefined && this.#options.isDone(runtime, true)) return 'done'
        else if ((runtime?.conductor.metrics().inFlight ?? 1) === 0 || waited > PATIENCE_TURNS) return 'stuck'
        else await new Promise<void>((resolve) => void systemClock.schedule(1, resolve))
      }
    }
    return 'stuck'
  }

  /** Lets one thing happen: one turn of the process, or the time of the next timer. False when there is nothing. */
  #advance(life: Life): boolean {
    if (life.clock.behindMs > 0) this.clock.advance(life.clock.behindMs)
    const dueMs = this.clock.nextDueMs() ?? Infinity
    const { waiting, isBeating } = life.turns
    if (waiting > 0 && (dueMs === Infinity || this.random.next() < 0.9)) {
      this.trace.note(`turn of ${waiting}`)
      this.#quietSinceMs = this.clock.monotonicMs()
      life.turns.take()?.()
      return true
    }
    const nowMs = this.clock.monotonicMs()
    const isQuiet = dueMs - nowMs > QUIET_STEP_MS && nowMs - this.#quietSinceMs < QUIET_MS
    if (isQuiet && isBeating) this.clock.advance(QUIET_STEP_MS)
    // Nobody is there for long: that is when clocks are set.
    else if (dueMs < Infinity && dueMs - nowMs > LEAP_MS_MIN && !life.isClosing && this.#mayLeap(this.#options.faults.clockJumps)) this.#jump()
    else if (dueMs === Infinity) return false
    else {
      this.trace.note(`time ${dueMs}`)
      this.clock.advanceToNext()
      this.#quietSinceMs = this.clock.monotonicMs()
    }
    life.turns.beat()
    return true
  }

  #drawLeap(): Leap {
    const { clockJumps, standstills } = this.#options.faults
    const atStep = (chance: number): number => (this.#mayLeap(chance) ? 1 + Math.floor(this.random.next() * 120) : Infinity)
    return { jumpsAtStep: atStep(clockJumps), standsAtStep: atStep(standstills) }
  }

  #mayLeap(chance: number): boolean {
    return this.#isDangerous && chance > 0 && this.random.next() < chance
  }

  #jump(): void {
    const isBack = this.random.next() < 0.5
    const byMs = this.#drawLeapMs()
    this.clock.jump(isBack ? -byMs : byMs)
    this.tally.count(isBack ? 'clock-back' : 'clock-forward')
    this.trace.note(`the clock was set ${isBack ? 'back' : 'forward'} by ${byMs}`)
    this.#quietSinceMs = this.clock.monotonicMs()
  }

  #stand(life: Life): void {
    const forMs = this.#drawLeapMs()
    life.clock.stall(forMs)
    this.tally.count('standstill')
    this.trace.note(`stands still for ${forMs}`)
  }

  #drawLeapMs(): number {
    return Math.round(LEAP_MS_MIN * (LEAP_MS_MAX / LEAP_MS_MIN) ** this.random.next())
  }

  #refused(life: Life): LifeOutcome {
    life.end()
    if (life.disk.refused === 0) throw new Error(`process ${life.number} did not open: ${String(life.refusal)}`, { cause: life.refusal })
    return 'refused'
  }

  /** In order, as far as the process gets with it. */
  async #close(life: Life): Promise<void> {
    let isClosed = false
    life.isClosing = true
    life.runtime?.close().then(() => (isClosed = true), () => (isClosed = true))
    for (let step = 0; step < STEPS_MAX && !isClosed && !life.isOver; step++) {
      await turn()
      this.#advance(life)
    }
    this.trace.note(isClosed ? 'closed' : 'died while it was being closed')
  }

  /** A process is over, whatever it was doing: the next one finds what it has left. */
  bury(life: Life): void {
    life.end()
    this.#life = undefined
    const { random } = this
    const { cut, powerCuts, misdirected } = this.#options.faults
    if (random.next() >= powerCuts) this.#files = this.#files.killed()
    else this.#files = this.#files.powerCut(this.#isDangerous && this.#maySpoil(misdirected) ? MISDIRECTING : cut)
    // Most are started again at once; some machines stay off for days.
    const drawn = random.next()
    if (drawn < 0.4) this.clock.advance(Math.floor(random.next() * 100))
    else if (drawn < 0.45) this.clock.advance(Math.floor(random.next() * 3 * 86_400_000))
    if (this.#mayLeap(this.#options.faults.clockJumps)) this.#jump()
  }
}

/** A turn of the real event loop: all microtasks have run then. */
function turn(): Promise<void> {
  return new Promise((resolve) => systemTurns.later(resolve))
}
