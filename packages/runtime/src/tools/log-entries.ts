import { createArbitrationEngine } from '@symphony/arbitration'
import { createArtifactStore } from '@symphony/artifacts'
import { createDagTracker } from '@symphony/dag'
import { COMPONENT_IDS, isSymphonyError } from '@symphony/interface'
import type { ComponentName, Json, LoggedCommand, Recoverable } from '@symphony/interface'
import { followLog, readLog } from '@symphony/journal'
import type { LogFollower, LogRange, StoredLog } from '@symphony/journal'

/** A logged command as people and programs read it. */
export interface LogEntry {
  readonly lsn: number
  /** Its name, or its number if this version knows none. */
  readonly component: ComponentName | number
  readonly type: number
  /** Name of the command; undefined where nobody could read it, and then there is `base64` in place of `body`. */
  readonly name?: string
  readonly run?: string
  readonly task?: string
  readonly body?: { readonly [key: string]: Json }
  readonly base64?: string
}

/** Commands of a log with the names they had when they were logged. */
export interface LogEntries {
  /** The last record that was handed out, or passed over on the way to the first one. */
  readonly lastLsn: number
  /**
   * Hands out what there is, in order, and later what has come since; half a record is left for the next call.
   * @returns how many
   */
  read(visit: (entry: LogEntry) => void): number
}

const COMPONENT_NAMES: ReadonlyMap<number, ComponentName> = new Map(Object.entries(COMPONENT_IDS).map(([name, id]) => [id, name as ComponentName]))

/** Reads a log with its dag beside it: rows have names only in the state of their time. */
export async function logEntries(folder: string, range: LogRange): Promise<LogEntries> {
  const journal = `${folder}/journal`
  const log = await readLog(journal, range)
  return new NamedLog(log, range.fromLsn ?? log.checkpointLsn + 1, await followLog(journal, log.toLsn), range.toLsn !== undefined)
}

class NamedLog implements LogEntries {
  #log: StoredLog | undefined
  readonly #follower: LogFollower
  readonly #names: CommandNames
  readonly #fromLsn: number
  readonly #isBounded: boolean
  #lastLsn: number

  constructor(log: StoredLog, fromLsn: number, follower: LogFollower, isBounded: boolean) {
    this.#log = log
    this.#fromLsn = fromLsn
    this.#follower = follower
    this.#isBounded = isBounded
    this.#lastLsn = log.checkpointLsn
    this.#names = new CommandNames(log.checkpointSections)
  }

  get lastLsn(): number {
    return this.#lastLsn
  }

  read(visit: (entry: LogEntry) => void): number {
    let count = 0
    const one = (command: LoggedCommand): void => {
      if (command.lsn >= this.#fromLsn) {
        visit(this.#names.entry(command))
        count++
      }
      this.#names.apply(command)
      this.#lastLsn = command.lsn
    }
    const log = this.#log
    this.#log = undefined
    log?.replay(one)
    if (!this.#isBounded) this.#follower.poll(one)
    return count
  }
}

/** Tells what commands say. Only the dag's need a state to be told from: the others name what they are about. */
export class CommandNames {
  readonly #dag = createDagTracker()
  readonly #parts: ReadonlyMap<number, Pick<Recoverable, 'describeCommand'>>
  #isBehind = false

  constructor(sections: StoredLog['checkpointSections']) {
    this.#parts = new Map<number, Pick<Recoverable, 'describeCommand'>>([
      [COMPONENT_IDS.dag, this.#dag],
      [COMPONENT_IDS.artifacts, createArtifactStore({ search: false })],
      [COMPONENT_IDS.arbitration, createArbitrationEngine()],
    ])
    this.#try(() => sections.forEach(({ component, bytes }) => component === COMPONENT_IDS.dag && this.#dag.restore(bytes)))
  }

  entry({ lsn, component, type, body }: LoggedCommand): LogEntry {
    const described = this.#parts.get(component)?.describeCommand?.(type, body)
    const head = { lsn, component: COMPONENT_NAMES.get(component) ?? component, type }
    if (described === undefined) return { ...head, base64: Buffer.from(body).toString('base64') }
    const { fields, ...about } = described
    return { ...head, ...about, body: fields }
  }

  apply({ lsn, component, type, body }: LoggedCommand): void {
    if (component === COMPONENT_IDS.dag && !this.#isBehind) this.#try(() => this.#dag.applyCommand(type, body, lsn))
  }

  /** Behind a command of a later version names may be wrong, so the ones known until then are kept and no more are learned. */
  #try(learn: () => void): void {
    try {
      learn()
    } catch (error) {
      if (!isSymphonyError(error, 'LAYOUT_MISMATCH') && !isSymphonyError(error, 'REGION_CORRUPT')) throw error
      this.#isBehind = true
    }
  }
}
