import { addFaults, HONEST_CUT, SimulatedFileSystem, zeroFaults } from '@symphony/conformance/simulator'
import type { Crash, Failure, FaultCounts, FaultPlan } from '@symphony/conformance/simulator'
import { isSymphonyError } from '@symphony/interface'
import { writeCheckpoint } from '../../src/checkpoint-file.ts'
import { createSegment } from '../../src/segment-file.ts'
import { Dice } from './dice.ts'
import { FOLDER, Life, OTHER, SEGMENT_BYTES, WRITERS } from './life.ts'
import type { LifeKind, WriterKind } from './life.ts'
import { emptySections, Oracle, OracleError } from './oracle.ts'
import type { Damage } from './oracle.ts'
import { zeroCounts } from './story-counts.ts'
import type { StoryCounts } from './story-counts.ts'

/** Recoveries of one seed: deep enough for several segments and checkpoints, short enough to look at. */
const CYCLES = 20
/** Crashes during one recovery, at most. */
const DEPTH_MAX = 3
/** Where numbers begin: nearly always with 1, otherwise just before a limit they have to pass, or must not. */
const STARTS = [2 ** 32 - 10, 2 ** 53 - 10] as const

/**
 * One seed: a journal on a simulated storage, from its beginning on through many crashes and recoveries.
 *
 * @throws OracleError, or whatever else the journal must not throw, with the cycle in which it happened
 */
export async function tell(seed: number): Promise<StoryCounts> {
  const story = new Story(seed)
  try {
    await story.run()
  } catch (error) {
    throw new Error(`cycle ${story.counts.cycles}, ${story.last}: ${(error as Error).message}`, { cause: error })
  }
  addFaults(story.counts, story.faults)
  return story.counts
}

class Story {
  readonly counts: StoryCounts = zeroCounts()
  readonly faults: FaultCounts = zeroFaults()
  /** What was done last, for whoever reads of a failure. */
  last = 'begun'
  readonly #dice: Dice
  readonly #kind: LifeKind
  readonly #writers: readonly WriterKind[]
  #nowMs = 0
  #fs: SimulatedFileSystem
  #oracle: Oracle

  constructor(seed: number) {
    this.#dice = new Dice(seed)
    const segmentBytes = this.#dice.chance(0.2) ? [SEGMENT_BYTES, SEGMENT_BYTES + 1024] : [SEGMENT_BYTES]
    this.#kind = { largest: this.#dice.pick([40, 150, 400, 900]), segmentBytes, hasReserve: this.#dice.chance(0.3) }
    this.#writers = this.#dice.chance(0.3) ? WRITERS : [this.#dice.pick(WRITERS)]
    const startLsn = this.#dice.chance(0.06) ? this.#dice.pick(STARTS) : 0
    this.#oracle = new Oracle(startLsn)
    this.#fs = this.#begin(startLsn)
  }

  async run(): Promise<void> {
    let depth = 0
    let isRestart = false
    while (this.counts.cycles < CYCLES) {
      this.#arm(depth)
      const life = this.#live()
      if (await this.#opens(life)) {
        if (isRestart) this.counts.cycles++
        depth = 0
        await this.#workAndEnd(life)
      } else if (this.#fs.hasCrashed) this.#countDepth(++depth)
      this.#restart()
      isRestart = true
    }
    if (this.#oracle.startLsn === 0) await this.#spoil()
  }

  #live(): Life {
    return new Life(this.#fs, this.#oracle, this.#dice, this.#kind)
  }

  #open(life: Life, damaged?: Damage): Promise<void> {
    return life.open(this.#dice.pick(this.#writers), () => this.#nowMs, damaged)
  }

  /** False when the process died, the storage refused, or bytes landed where they were refused. */
  async #opens(life: Life): Promise<boolean> {
    this.last = `${this.last}, opened`
    const failuresBefore = failures(this.faults)
    try {
      await this.#open(life)
      return true
    } catch (error) {
      if (this.#fs.hasCrashed) return false
      if (isSymphonyError(error) && error.code.startsWith('STORAGE_') && failures(this.faults) > failuresBefore) return false
      if (!isSymphonyError(error, 'JOURNAL_CORRUPT') || !this.#isMisdirected) throw error
      this.counts.refused++
      this.#oracle = new Oracle(0)
      this.#fs = this.#begin(0)
      return false
    }
  }

  async #workAndEnd(life: Life): Promise<void> {
    let end = await life.work(1 + this.#dice.below(9))
    if (this.#dice.chance(end === 'at-rest' ? 0.3 : 0.5) && !this.#fs.hasCrashed) end = await life.close()
    this.last = end
  }

  #isMisdirected = false

  #restart(): void {
    const misdirected = this.faults['misdirected-write']
    const isKill = this.#dice.chance(0.4)
    this.#fs = isKill ? this.#fs.killed() : this.#fs.powerCut()
    this.last += isKill ? ', killed' : ', power cut'
    this.#isMisdirected ||= this.faults['misdirected-write'] > misdirected
  }

  /** Something goes wrong in most lives; and during a recovery only so often, or nothing would ever come of it. */
  #arm(depth: number): void {
    if (depth >= DEPTH_MAX) return this.#fs.arm({})
    const crash = this.#dice.chance(0.75) ? this.#drawCrash(depth) : undefined
    const failing = this.#dice.chance(0.25) ? [this.#drawFailure()] : []
    this.#fs.arm({ failures: failing, ...(crash && { crash }) })
  }

  #drawCrash(depth: number): Crash {
    const isEarly = this.#dice.chance(depth > 0 ? 0.5 : 0.25)
    return { at: 1 + this.#dice.below(isEarly ? 6 : 24), moment: this.#dice.pick(['before', 'within', 'after']) }
  }

  #drawFailure(): Failure {
    const operation = this.#dice.pick(['any', 'write', 'sync'] as const)
    const code = operation === 'sync' || this.#dice.chance(0.4) ? 'STORAGE_FAILED' : 'STORAGE_FULL'
    return { operation, at: 1 + this.#dice.below(12), code, isForEver: this.#dice.chance(0.5), partBytes: this.#dice.chance(0.5) ? this.#dice.below(600) : 0 }
  }

  #countDepth(depth: number): void {
    const kinds = ['crash-in-recovery', 'crash-in-recovery-twice', 'crash-in-recovery-thrice'] as const
    this.counts[kinds[depth - 1] as (typeof kinds)[number]]++
  }

  /** An empty machine; with a log that begins at another number than 1, if asked for. */
  #begin(startLsn: number): SimulatedFileSystem {
    this.#isMisdirected = false
    const plan: FaultPlan = {
      cut: { ...HONEST_CUT, misdirected: 0.2 },
      namesKept: 0.5,
      slow: 0.01,
      garbled: 0.05,
      mayGarble: (path) => /\.ckpt(\.placed)?\.tmp$/.test(path),
    }
    const fs = new SimulatedFileSystem({}, { random: this.#dice.random, counts: this.faults, slow: (ms) => void (this.#nowMs += ms) })
    fs.setBytes(OTHER, new Uint8Array(0))
    if (startLsn > 0) {
      const logId = new Uint8Array(16).fill(9)
      fs.makeFolder(FOLDER)
      fs.syncFolder('/state')
      fs.close(createSegment(fs, FOLDER, logId, 1, SEGMENT_BYTES))
      for (const _ of writeCheckpoint(fs, FOLDER, logId, { lsn: startLsn, sections: emptySections(startLsn) }));
    }
    return fs.killed(plan)
  }

  /** The end of a story: damage that no honest device does, on a log that is at rest. It is detected, or harmless. */
  async #spoil(): Promise<void> {
    const drawn = this.#dice.below(10)
    this.#fs.arm({})
    if (drawn < 3) await this.#rot()
    else if (drawn < 4) await this.#lateWrite()
  }

  async #rot(): Promise<void> {
    const isClosed = this.#dice.chance(0.5)
    const life = this.#live()
    if (!(await this.#opens(life))) return
    await life.logAndWait(30)
    if (isClosed) await life.close()
    this.#fs = this.#fs.killed()
    const names = this.#fs.list(FOLDER)
    const path = `${FOLDER}/${this.#dice.pick(names)}`
    const leastLsn = isClosed ? this.#oracle.acknowledgedLsn : lastFrame(this.#fs, names).firstLsn - 1
    const { length } = this.#fs.bytesOf(path)
    if (length === 0) return
    const at = this.#dice.below(length)
    this.#fs.rot(path, at, this.#dice.below(8))
    this.last = `a bit of ${path} flipped at ${at}, ${isClosed ? '' : 'not '}closed before`
    await this.#opensOrRefuses(path.endsWith('.log'), { leastLsn })
  }

  async #lateWrite(): Promise<void> {
    const bytes = 1 + this.#dice.below(this.#kind.largest)
    const first = this.#live()
    if (!(await this.#opens(first))) return
    this.#fs.arm({ crash: { at: 2, moment: 'before' } })
    if ((await first.logAndWait(bytes)) !== 'crashed') return
    const dead = this.#fs.killed()
    this.#fs = this.#fs.powerCut({ lost: 1 })
    const former = lastFrame(dead, dead.list(FOLDER))
    const second = this.#live()
    await this.#open(second)
    await second.logAndWait(bytes)
    await second.logAndWait(bytes)
    this.#fs = this.#fs.killed()
    const now = this.#fs.bytesOf(former.path).slice()
    const names = this.#fs.list(FOLDER)
    if (lastFrame(this.#fs, names).path !== former.path || this.#oracle.lastLsn !== former.firstLsn + 1) return
    now.set(former.bytes, former.at)
    this.#fs.setBytes(former.path, now)
    this.counts['late-write']++
    this.last = `a write from before a power cut came late, at ${former.at} of ${former.path}`
    await this.#opensOrRefuses(true, { leastLsn: this.#oracle.acknowledgedLsn })
  }

  async #opensOrRefuses(mayRefuse: boolean, damaged: Damage): Promise<void> {
    try {
      await this.#open(this.#live(), damaged)
    } catch (error) {
      if (!mayRefuse || !isSymphonyError(error, 'JOURNAL_CORRUPT')) throw error
      this.counts.refused++
    }
  }
}

function failures(counts: FaultCounts): number {
  return counts['failing-write-once'] + counts['failing-write-for-ever'] + counts['failing-sync-once'] + counts['failing-sync-for-ever'] + counts['full-disk-once'] + counts['full-disk-for-ever']
}

interface LastFrame {
  readonly path: string
  readonly at: number
  readonly bytes: Uint8Array
  readonly firstLsn: number
}

/** The last commit of an undamaged log, by the lengths in its frames: an independent look at the format. */
function lastFrame(fs: SimulatedFileSystem, names: readonly string[]): LastFrame {
  let found: LastFrame | undefined
  for (const name of names.filter((each) => each.endsWith('.log'))) {
    const path = `${FOLDER}/${name}`
    const bytes = fs.bytesOf(path)
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    for (let at = 64; at + 32 <= bytes.length && view.getUint32(at, true) > 0; at += view.getUint32(at, true)) {
      if (view.getUint16(at + 12, true) !== 1) continue
      const firstLsn = view.getUint32(at + 16, true) + view.getUint32(at + 20, true) * 2 ** 32
      found = { path, at, bytes: bytes.slice(at, at + view.getUint32(at, true)), firstLsn }
    }
  }
  if (found === undefined) throw new OracleError('there is no commit in the log')
  return found
}
