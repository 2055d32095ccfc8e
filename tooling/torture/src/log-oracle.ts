import { closeSync, existsSync, openSync, readSync } from 'node:fs'
import type { CheckpointSection, Journal, LoggedCommand } from '@symphony/interface'
import { openJournal } from '@symphony/journal'
import type { JournalInit } from '@symphony/journal'
import { BESIDES, decodeCheckpoint, nextState, recordContent } from './log-content.ts'
import type { RecordContent } from './log-content.ts'
import { settingsOf } from './log-place.ts'
import type { LogPlace } from './log-place.ts'

/**
 * Knows what was acknowledged, from outside, and holds a log against it: everything acknowledged is there, in order, once, whole, and
 * nothing that was never logged.
 */
export class LogOracle {
  readonly seed: number
  /** First record of each process that wrote. */
  readonly #firstLsns: number[] = [1]
  #acknowledged = 0
  #recovered = 0
  #state = { lsn: 0, state: 0 }

  constructor(seed: number) {
    this.seed = seed
  }

  /** Number of the process that writes next. */
  get generation(): number {
    return this.#firstLsns.length - 1
  }

  get acknowledged(): number {
    return this.#acknowledged
  }

  /** The last record the last opening has found. */
  get recovered(): number {
    return this.#recovered
  }

  acknowledge(lsns: readonly number[]): void {
    for (const lsn of lsns) this.#acknowledged = Math.max(this.#acknowledged, lsn)
  }

  /**
   * Opens the log as anybody would and checks all of it: what one opening has reported, the next one has to report again. Afterwards the
   * next generation may write.
   *
   * @throws Error that says which promise was broken
   */
  async check(place: LogPlace, init: Partial<JournalInit> = {}): Promise<number> {
    const journal = await openJournal({ ...settingsOf(place), ...init })
    try {
      return this.checkOpened(journal, place)
    } finally {
      await journal.close()
    }
  }

  checkOpened(journal: Journal, place: LogPlace): number {
    const from = this.#checkpoint(journal.checkpointSections, place)
    const { lastLsn } = journal.replay(this.#follow(from + 1, place))
    const last = Math.max(lastLsn, from)
    if (journal.lastLsn !== last) throw new Error(`the journal says its last record is ${journal.lastLsn}, but it handed out records up to ${last}`)
    if (last < this.#acknowledged) throw new Error(`record ${this.#acknowledged} was acknowledged, but the log ends with ${last}`)
    if (last < this.#recovered) throw new Error(`record ${this.#recovered} was there when the log was opened before, but now it ends with ${last}`)
    this.#recovered = last
    this.#firstLsns.push(last + 1)
    return last
  }

  #checkpoint(sections: readonly CheckpointSection[], place: LogPlace): number {
    const section = sections[0]
    if (section === undefined) return 0
    const { lsn, state } = decodeCheckpoint(section.bytes)
    const expected = this.#stateAt(lsn, place)
    if (state !== expected) throw new Error(`the checkpoint at record ${lsn} holds state ${state} instead of ${expected}`)
    return lsn
  }

  /** A visitor that checks one command after the other. */
  #follow(first: number, place: LogPlace): (command: LoggedCommand) => void {
    let lsn = first - 1
    let part = 0
    let content: RecordContent = { parts: [], besides: undefined }
    let wanted = 0
    return ({ lsn: number, type, body }) => {
      if (part === wanted) {
        lsn++
        part = 0
        content = this.#content(lsn, place)
        wanted = content.parts.length + (content.besides === undefined ? 0 : 1)
      }
      if (number !== lsn) throw new Error(`record ${lsn} was to follow, but ${number} is there`)
      if (content.besides !== undefined && part === 0) this.#checkBesides(lsn, type, body, content.besides, place)
      else {
        const expected = content.parts[part - (content.besides === undefined ? 0 : 1)] as Uint8Array
        if (Buffer.compare(body, expected) !== 0) throw new Error(`command ${part} of record ${lsn} does not hold what was logged`)
      }
      part++
    }
  }

  #checkBesides(lsn: number, type: number, body: Uint8Array, expected: Uint8Array, { besides }: LogPlace): void {
    const at = new DataView(body.buffer, body.byteOffset).getFloat64(0, true)
    const bytes = new Uint8Array(expected.length)
    if (type === BESIDES && existsSync(besides)) {
      const file = openSync(besides, 'r')
      try {
        readSync(file, bytes, 0, bytes.length, at)
      } finally {
        closeSync(file)
      }
    }
    if (Buffer.compare(bytes, expected) !== 0) throw new Error(`record ${lsn} refers to content at ${at} of another file, which is not there`)
  }

  #content(lsn: number, { contentBytesMax }: LogPlace): RecordContent {
    let generation = this.#firstLsns.length - 1
    while ((this.#firstLsns[generation] as number) > lsn) generation--
    return recordContent(this.seed, generation, lsn, contentBytesMax)
  }

  #stateAt(lsn: number, place: LogPlace): number {
    if (lsn < this.#state.lsn) this.#state = { lsn: 0, state: 0 }
    while (this.#state.lsn < lsn) {
      const next = this.#state.lsn + 1
      this.#state = { lsn: next, state: nextState(this.#state.state, this.#content(next, place)) }
    }
    return this.#state.state
  }
}
