import type { CheckpointSection, Journal, LoggedCommand } from '@symphony/interface'
import { MATERIAL } from './dice.ts'

/** Bytes of the other file a record refers to; the command's body says how many. */
export const REFERENCE_TYPE = 60_000

/** What a component would have made of the commands: it depends on every byte of them, and on their order and numbers. */
export interface Model {
  readonly hash: number
  /** So much of the other file is referred to. */
  readonly referredBytes: number
}

const EMPTY: Model = { hash: 1, referredBytes: 0 }
const SECTION_BYTES = 16

function applied({ hash, referredBytes }: Model, lsn: number, component: number, type: number, body: Uint8Array): Model {
  let next = Math.imul(hash ^ (lsn | 0), 0x85ebca6b)
  next = Math.imul(next ^ Math.floor(lsn / 2 ** 32) ^ (component << 24) ^ (type << 8) ^ body.length, 0xc2b2ae35)
  next ^= next >>> 13
  for (let at = 0; at < body.length; at++) next = (Math.imul(next, 31) + (body[at] as number)) | 0
  return { hash: next ^ (next >>> 16), referredBytes: type === REFERENCE_TYPE ? new DataView(body.buffer, body.byteOffset).getUint32(0, true) : referredBytes }
}

export class OracleError extends Error {}

/**
 * What was logged and what was acknowledged, kept outside of the simulated machine: it survives everything. It knows the state after
 * each record, so a checkpoint and the tail behind it, and a whole log, are compared with the same.
 */
export class Oracle {
  readonly startLsn: number
  #models: Model[] = [EMPTY]
  /** What a recovery must bring back, at least. */
  acknowledgedLsn: number
  /** The newest checkpoint that was acknowledged. */
  checkpointLsn: number

  constructor(startLsn: number) {
    this.startLsn = startLsn
    this.acknowledgedLsn = startLsn
    this.checkpointLsn = startLsn
  }

  get lastLsn(): number {
    return this.startLsn + this.#models.length - 1
  }

  /** The state as of the last record. */
  get model(): Model {
    return this.#models.at(-1) as Model
  }

  /** A record with these commands was logged under this number. */
  logged(lsn: number, commands: readonly Omit<LoggedCommand, 'lsn'>[]): void {
    if (lsn !== this.lastLsn + 1) throw new OracleError(`record ${this.lastLsn + 1} was logged as ${lsn}`)
    let { model } = this
    for (const { component, type, body } of commands) model = applied(model, lsn, component, type, body)
    this.#models.push(model)
  }

  acknowledged(lsn: number): void {
    if (lsn > this.lastLsn) throw new OracleError(`record ${lsn} was acknowledged, but ${this.lastLsn} is the last one`)
    this.acknowledgedLsn = Math.max(this.acknowledgedLsn, lsn)
  }

  checkpointed(lsn: number): void {
    this.checkpointLsn = Math.max(this.checkpointLsn, lsn)
  }

  /** What a checkpoint as of a record holds, in two sections, the second of any length. */
  sections(fillerBytes: number, lsn: number): readonly CheckpointSection[] {
    return [
      { component: 1, bytes: encoded(lsn, this.#at(lsn)) },
      { component: 2, bytes: MATERIAL.subarray(0, fillerBytes) },
    ]
  }

  /**
   * Compares what a journal has recovered: everything acknowledged, in order, once, whole records, nothing that was never logged. From
   * then on it counts as acknowledged, because whoever opened it has seen it.
   *
   * @param damaged bytes that were forced have been spoilt since: the last commit may be gone, down to `leastLsn`, and so may a checkpoint
   */
  recovered(journal: Journal, otherFile: Uint8Array, damaged?: { readonly leastLsn: number }): void {
    const { lastLsn } = journal
    const leastLsn = damaged === undefined ? this.acknowledgedLsn : Math.min(this.acknowledgedLsn, damaged.leastLsn)
    if (lastLsn < leastLsn) throw new OracleError(`record ${leastLsn} was acknowledged, but ${lastLsn} is the last one recovered`)
    if (lastLsn > this.lastLsn) throw new OracleError(`record ${lastLsn} was recovered, but only ${this.lastLsn} were logged`)
    const from = this.#restored(journal.checkpointSections)
    if (damaged === undefined && from.lsn < this.checkpointLsn) throw new OracleError(`the checkpoint at ${this.checkpointLsn} was acknowledged, but ${from.lsn} was recovered`)
    const model = replayed(journal, from)
    const expected = this.#at(lastLsn)
    if (model.hash !== expected.hash) throw new OracleError(`from the checkpoint at ${from.lsn}, replay up to ${lastLsn} comes to another state`)
    const other = otherFile.subarray(0, model.referredBytes)
    if (Buffer.compare(other, otherContent(model.referredBytes)) !== 0) throw new OracleError(`what record ${lastLsn} or one before it refers to is not there`)
    this.#models.length = lastLsn - this.startLsn + 1
    this.acknowledgedLsn = lastLsn
    if (damaged !== undefined) this.checkpointLsn = from.lsn
  }

  #at(lsn: number): Model {
    const model = this.#models[lsn - this.startLsn]
    if (model === undefined) throw new OracleError(`there was no record ${lsn}`)
    return model
  }

  #restored(sections: readonly CheckpointSection[]): { readonly lsn: number; readonly model: Model } {
    const [section, filler] = sections
    if (section === undefined) return { lsn: 0, model: EMPTY }
    const view = new DataView(section.bytes.buffer, section.bytes.byteOffset, SECTION_BYTES)
    const lsn = view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32
    const model = { hash: view.getInt32(8, true), referredBytes: view.getUint32(12, true) }
    if (model.hash !== this.#at(lsn).hash) throw new OracleError(`the checkpoint at ${lsn} does not hold the state of that record`)
    const length = filler?.bytes.length ?? 0
    if (filler === undefined || Buffer.compare(filler.bytes, MATERIAL.subarray(0, length)) !== 0) throw new OracleError(`the checkpoint at ${lsn} has lost a section`)
    return { lsn, model }
  }
}

/** What the other file holds at its front, whoever wrote it. */
export function otherContent(length: number): Uint8Array {
  return MATERIAL.subarray(0, length)
}

/** The model a log starts from; for a log that starts in the middle, as a checkpoint. */
export function emptySections(lsn: number): readonly CheckpointSection[] {
  return new Oracle(lsn).sections(0, lsn)
}

function encoded(lsn: number, { hash, referredBytes }: Model): Uint8Array {
  const bytes = new Uint8Array(SECTION_BYTES)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, lsn % 2 ** 32, true)
  view.setUint32(4, Math.floor(lsn / 2 ** 32), true)
  view.setInt32(8, hash, true)
  view.setUint32(12, referredBytes, true)
  return bytes
}

function replayed(journal: Journal, from: { readonly lsn: number; readonly model: Model }): Model {
  let { lsn, model } = from
  const report = journal.replay((command) => {
    if (command.lsn !== lsn && command.lsn !== lsn + 1) throw new OracleError(`record ${command.lsn} came after ${lsn}`)
    lsn = command.lsn
    model = applied(model, lsn, command.component, command.type, command.body)
  })
  if (lsn !== journal.lastLsn || report.lastLsn !== lsn) throw new OracleError(`replay ended with ${lsn} and reported ${report.lastLsn}; ${journal.lastLsn} is the last record`)
  return model
}
