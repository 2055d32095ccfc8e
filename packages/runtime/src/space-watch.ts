import { SymphonyError } from '@symphony/interface'
import type { FileSystem, Heartbeat, Logger, Turns } from '@symphony/interface'
import { SpaceReserve } from '@symphony/ports'

/** Ends of some ten thousand tasks. */
const RESERVE_BYTES = 8 * 1024 * 1024
/** A process that is over sooner keeps no reserve: it would cost more than the process. */
const LOOK_MS = 1000
/** Looks between two attempts to make a reserve on a disk that is full: each writes until there is no room. */
const LOOKS_PER_ATTEMPT = 5

/**
 * Keeps some space of the state folder's disk back, so that a full disk is noticed while there still is room to write down what is under
 * way: log and artifacts get the space, and until it could be set aside anew nothing is started.
 */
export class SpaceWatch {
  /** Where the reserve is, for whoever writes with files of its own. */
  readonly path: string
  /** The files of the state folder, with the reserve to fall back on. */
  readonly files: FileSystem
  readonly #reserve: SpaceReserve
  readonly #turns: Turns
  readonly #logger: Logger
  #heartbeat: Heartbeat | undefined
  #looks = 0
  #hasHeld = false
  #isShort = false

  constructor(fs: FileSystem, folder: string, turns: Turns, logger: Logger) {
    this.path = `${folder}/reserve`
    this.#reserve = new SpaceReserve(fs, this.path, RESERVE_BYTES)
    this.files = this.#reserve.files()
    this.#turns = turns
    this.#logger = logger
  }

  /** Begins to look. Turns that cannot call again and again keep no reserve. */
  start(): void {
    this.#heartbeat = this.#turns.every?.(LOOK_MS, () => this.#look())
  }

  stop(): void {
    this.#heartbeat?.stop()
  }

  /** Why nothing new should be started, undefined while there is room. */
  refusal(): SymphonyError | undefined {
    if (!this.#isShort) return undefined
    return new SymphonyError({
      code: 'STORAGE_FULL',
      component: 'runtime',
      message: 'The disk of the state folder is full, and nothing new is started until some space is freed. What has been started goes on, in the space kept in reserve for it.',
    })
  }

  #look(): void {
    if (this.#reserve.isHeld()) {
      this.#hasHeld = true
      return this.#hasRoom()
    }
    // It was there and is gone: a write has found no room.
    if (this.#hasHeld) this.#runsShort()
    if (this.#looks++ % LOOKS_PER_ATTEMPT !== 0) return
    if (this.#reserve.fill()) {
      this.#hasHeld = true
      this.#hasRoom()
    } else this.#runsShort()
  }

  #runsShort(): void {
    if (this.#isShort) return
    this.#isShort = true
    this.#looks = 1
    this.#logger.warn('the disk is full: nothing new is started until some space is freed', { reserve: this.path })
  }

  #hasRoom(): void {
    if (!this.#isShort) return
    this.#isShort = false
    this.#logger.info('the disk has room again', { reserve: this.path })
  }
}
