import type { Clock, FileSystem, Logger, Random, Runtime } from '@symphony/interface'
import { seededRandom, silentLogger } from '@symphony/ports'
import { LifeClock } from './life-clock.ts'
import { LifeDisk } from './life-disk.ts'
import { SeededTurns } from './seeded-turns.ts'
import type { SimulatedFileSystem } from './simulated-file-system.ts'

/** Everything a simulated process has of its machine: what a runtime is to be opened on. */
export interface LifePorts {
  readonly folder: string
  readonly fileSystem: FileSystem
  readonly clock: Clock
  readonly random: Random
  readonly turns: SeededTurns
  readonly logger: Logger
}

/** One process, from its start to its death. */
export class Life {
  readonly number: number
  readonly clock: LifeClock
  readonly turns: SeededTurns
  readonly disk: LifeDisk
  readonly ports: LifePorts
  /** Undefined while it is being opened. */
  runtime: Runtime | undefined
  /** Why it could not be opened. */
  refusal: unknown
  /** It is being closed in order. */
  isClosing = false
  /** It is opened to see what becomes of a disk that was spoilt, and does nothing. */
  isLook = false
  isOver = false

  constructor(number: number, files: SimulatedFileSystem, clock: Clock, random: Random, logger: Logger = silentLogger) {
    this.number = number
    this.clock = new LifeClock(clock)
    this.turns = new SeededTurns(random, this.clock)
    this.disk = new LifeDisk(files, () => this.end())
    const own = seededRandom(Math.floor(random.next() * 2 ** 32))
    this.ports = { folder: '/state', fileSystem: this.disk, clock: this.clock, random: own, turns: this.turns, logger }
  }

  /** It dies: no callback of it is called any more, and nothing it still does reaches the files or counts. */
  end(): void {
    this.isOver = true
    this.clock.end()
    this.turns.end()
    this.disk.end()
  }
}
