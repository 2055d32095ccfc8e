import type { Subject } from '@symphony/conformance'
import { SymphonyError } from '@symphony/interface'
import type { CheckpointSection, ComponentId, ErrorCode, Journal, LoggedCommand, Lsn } from '@symphony/interface'

/** What a toy gets wrong. Without any of these it is a correct journal, if one over an array. */
export type Flaw =
  | 'ack-before-sync' | 'reused-lsn' | 'unchecked-bytes' | 'split-transaction' | 'lost-tail' | 'shared-bytes' | 'no-lock'
  | 'replays-below-checkpoint' | 'drops-tail-with-checkpoint' | 'goes-on-after-failure' | 'loses-records-on-close' | 'record-half-written'
  | 'ignores-other-files' | 'hands-over-before-the-write' | 'writes-again-for-each-call' | 'goes-on-without-the-write' | 'forgets-who-waits'
  | 'dates-checkpoints-by-now' | 'believes-any-moment' | 'adopts-what-is-not-there' | 'forgets-what-it-adopted'

interface Entry {
  readonly lsn: number
  readonly commands: { readonly component: ComponentId; readonly type: number; readonly body: Uint8Array }[]
  isDamaged: boolean
}

class Disk {
  entries: Entry[] = []
  checkpoint: { readonly lsn: number; readonly sections: readonly CheckpointSection[] } = { lsn: 0, sections: [] }
  /** A checkpoint that another thread has written. */
  placed: Disk['checkpoint'] | undefined
  isLocked = false
  isBroken = false
  /** A file beside the log, and how much of it is on the device. */
  other = ''
  forced = 0
}

const refuse = (code: ErrorCode, details: { readonly lastGoodLsn?: number } = {}): SymphonyError =>
  new SymphonyError({ code, component: 'toy-journal', message: `The toy refuses: ${code}.`, details: { ...details } })

class ToyJournal implements Journal {
  readonly checkpointSections: readonly CheckpointSection[]
  readonly #disk: Disk
  readonly #flaw: Flaw | undefined
  readonly #openedLsn: number
  #pending: Entry[] = []
  #open: Entry | undefined
  #depth = 0
  #isReplayed = false
  #isPoisoned = false
  #isClosed = false
  #acknowledged = 0
  #hasOther = false
  readonly #writes: (() => void)[] = []
  lastLsn: Lsn

  constructor(disk: Disk, flaw: Flaw | undefined) {
    if (disk.isLocked && flaw !== 'no-lock') throw refuse('JOURNAL_LOCKED')
    const damaged = disk.entries.findIndex((entry) => entry.isDamaged)
    if (damaged >= 0 && flaw !== 'unchecked-bytes') throw refuse('JOURNAL_CORRUPT', { lastGoodLsn: damaged })
    disk.isLocked = true
    this.#disk = disk
    this.#flaw = flaw
    this.checkpointSections = disk.checkpoint.sections
    const stored = Math.max(disk.entries.at(-1)?.lsn ?? 0, disk.checkpoint.lsn)
    this.lastLsn = (flaw === 'reused-lsn' && stored > 0 ? stored - 1 : stored) as Lsn
    this.#openedLsn = this.lastLsn
    this.#acknowledged = this.lastLsn
  }

  get durableLsn(): Lsn {
    return this.#acknowledged as Lsn
  }

  append(component: ComponentId, type: number, body: Uint8Array): Lsn {
    this.#check()
    if (body.length > 1 << 20) throw refuse('JOURNAL_RECORD_TOO_LARGE')
    const entry = this.#open ?? { lsn: this.lastLsn + 1, commands: [], isDamaged: false }
    entry.commands.push({ component, type, body: this.#flaw === 'shared-bytes' ? body : body.slice() })
    if (this.#open === undefined) this.#pending.push(entry)
    if (this.#depth > 0 && this.#flaw !== 'split-transaction') this.#open = entry
    if (this.#depth > 0 && this.#flaw === 'record-half-written') this.#disk.entries.push(entry)
    this.lastLsn = entry.lsn as Lsn
    return this.lastLsn
  }

  transact<T>(change: () => T): T {
    this.#depth++
    try {
      return change()
    } finally {
      if (--this.#depth === 0) this.#open = undefined
    }
  }

  async durable(lsn: Lsn): Promise<void> {
    if (lsn > this.lastLsn) throw refuse('INVALID_ARGUMENT')
    // A record under construction is complete once the turn is over.
    if (this.#open !== undefined) await Promise.resolve()
    if (this.#flaw === 'forgets-who-waits' && lsn > this.#acknowledged) {
      await Promise.resolve()
      // Somebody else has made it durable meanwhile.
      if (lsn <= this.#acknowledged) throw refuse('CLOSED')
    }
    if (lsn <= this.#acknowledged) return
    if (this.#flaw === 'ack-before-sync') this.#acknowledged = this.lastLsn
    else this.#commit()
  }

  syncBefore(file: number, write?: () => void): void {
    this.#hasOther = true
    if (write !== undefined && (!this.#writes.includes(write) || this.#flaw === 'writes-again-for-each-call')) this.#writes.push(write)
  }

  replay(apply: (command: LoggedCommand) => void): ReturnType<Journal['replay']> {
    if (this.#isReplayed || this.lastLsn !== this.#openedLsn) throw refuse('INVALID_ARGUMENT')
    this.#isReplayed = true
    const after = this.#flaw === 'replays-below-checkpoint' ? 0 : this.#disk.checkpoint.lsn
    const entries = this.#disk.entries.filter((entry) => entry.lsn > after)
    const commands = entries.flatMap((entry) => entry.commands.map((command) => ({ lsn: entry.lsn as Lsn, ...command })))
    commands.forEach(apply)
    return {
      records: entries.length, commands: commands.length, firstLsn: (entries[0]?.lsn ?? 0) as Lsn, lastLsn: (entries.at(-1)?.lsn ?? after) as Lsn,
      checkpointLsn: after as Lsn, tornBytes: 0,
    }
  }

  async checkpoint(sections: readonly CheckpointSection[], asOf: Lsn = this.lastLsn): Promise<Lsn> {
    const isKnown = Number.isInteger(asOf) && asOf >= 0 && asOf <= this.lastLsn
    if (!isKnown && this.#flaw !== 'believes-any-moment') throw refuse('INVALID_ARGUMENT')
    const lsn = this.#flaw === 'dates-checkpoints-by-now' ? this.lastLsn : asOf
    this.#commit()
    if (this.#flaw !== 'drops-tail-with-checkpoint') await Promise.resolve()
    this.#disk.checkpoint = { lsn: this.#flaw === 'drops-tail-with-checkpoint' ? lsn + 1 : lsn, sections }
    return lsn
  }

  async adoptCheckpoint(asOf: Lsn): Promise<void> {
    if (!(asOf >= 0 && asOf <= this.lastLsn)) throw refuse('INVALID_ARGUMENT')
    const { placed } = this.#disk
    if (placed?.lsn !== asOf && this.#flaw !== 'adopts-what-is-not-there') throw refuse('NOT_FOUND')
    if (this.#flaw !== 'forgets-what-it-adopted') this.#disk.checkpoint = placed ?? { lsn: asOf, sections: [] }
  }

  async flush(): Promise<void> {
    return this.durable(this.lastLsn)
  }

  metrics(): ReturnType<Journal['metrics']> {
    const records = this.lastLsn - this.#openedLsn
    return { records, bytes: 0, commits: records, segments: 1, lastLsn: this.lastLsn, durableLsn: this.durableLsn }
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    const isComplete = this.#isPoisoned ? 'JOURNAL_POISONED' : undefined
    if (isComplete === undefined && this.#flaw !== 'loses-records-on-close') this.#commit()
    this.#isClosed = true
    this.#disk.isLocked = false
    if (isComplete !== undefined) throw refuse(isComplete)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #commit(): void {
    this.#check()
    if (this.#disk.isBroken) {
      this.#isPoisoned = this.#flaw !== 'goes-on-after-failure'
      throw refuse('JOURNAL_POISONED')
    }
    const isLossy = this.#flaw === 'lost-tail' && this.#pending.length > 1
    if (this.#flaw !== 'hands-over-before-the-write') this.#writeOther()
    if (this.#hasOther && this.#flaw !== 'ignores-other-files') this.#disk.forced = this.#disk.other.length
    this.#hasOther = false
    this.#disk.entries.push(...(isLossy ? this.#pending.slice(0, -1) : this.#pending))
    this.#pending = []
    this.#acknowledged = this.lastLsn
  }

  #writeOther(): void {
    try {
      for (const write of this.#writes.splice(0)) write()
    } catch {
      if (this.#flaw === 'goes-on-without-the-write') return
      this.#isPoisoned = true
      throw refuse('JOURNAL_POISONED')
    }
  }

  #check(): void {
    if (this.#isPoisoned) throw refuse('JOURNAL_POISONED')
    if (this.#isClosed) throw refuse('CLOSED')
  }
}

/** A toy on a disk of its own. */
export function toySubject(flaw: Flaw | undefined): Subject<Journal> {
  let disk = new Disk()
  let journal: Journal
  const open = (): Promise<Journal> => new Promise((resolve) => resolve((journal = new ToyJournal(disk, flaw))))
  const closed = (): Promise<void> => journal.close().catch(() => {})
  return {
    component: (journal = new ToyJournal(disk, flaw)),
    surroundings: {
      reopen: () => closed().then(open),
      openSecond: open,
      crash() {
        const survived = new Disk()
        survived.entries = [...disk.entries]
        survived.checkpoint = disk.checkpoint
        survived.other = disk.other.slice(0, disk.forced)
        disk = survived
        return open()
      },
      placeCheckpoint: (sections: readonly CheckpointSection[], lsn: number) => void (disk.placed = { lsn, sections }),
      writeOther: (text: string) => ((disk.other += text), 1),
      readOther: () => disk.other,
      breakDisk: () => void (disk.isBroken = true),
      repairDisk: () => void (disk.isBroken = false),
      async damage() {
        await closed()
        const [first] = disk.entries
        if (first !== undefined) first.isDamaged = true
        return open()
      },
    },
    dispose: closed,
  }
}
