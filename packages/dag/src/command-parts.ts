import { COMPONENT_IDS } from '@symphony/interface'
import type { CommandLog } from '@symphony/interface'
import { ByteWriter } from '@symphony/shared-memory'
import { COMMANDS } from './commands.ts'
import { PART_BYTES } from './limits.ts'
import type { DagState } from './state.ts'

const { dag: DAG } = COMPONENT_IDS

/**
 * Logs commands of any size: one that is too large for a record goes ahead in parts, and what is left of it names them.
 *
 * A part alone changes nothing: parts are collected by replay until a command refers to them, and what a crash has left without such a
 * command is dropped. So they may stand in any records before it, and the change itself stays one small command that can share a record
 * with whatever has to happen together with it. A checkpoint must not come in between, which it cannot, as all of this happens in one
 * synchronous turn.
 */
export class CommandParts {
  readonly #log: CommandLog
  readonly #state: DagState
  readonly #part = new ByteWriter(4096)
  /** Number of the parts that were logged last. */
  #parts = 0
  /** Bytes whose parts were logged ahead. */
  #staged: { readonly bytes: Uint8Array; readonly parts: number } | undefined

  constructor(log: CommandLog, state: DagState) {
    this.#log = log
    this.#state = state
  }

  /** @throws SymphonyError `BACKEND_PANIC`, and what the log throws */
  append(type: number, body: Uint8Array): void {
    if (body.length <= PART_BYTES) return this.#appendWhole(type, body)
    const parts = this.#appendParts(body)
    this.#appendWhole(COMMANDS.IN_PARTS, this.#part.reset().u32(parts).u32(type).view())
  }

  /** Logs the parts of what is too large for one command; whatever command has it then only refers to them. */
  stage(bytes: Uint8Array): void {
    if (bytes.length > PART_BYTES) this.#staged = { bytes: bytes.slice(), parts: this.#appendParts(bytes) }
  }

  /** @returns the number of the parts the bytes were logged in, or 0 when they are small enough to be logged whole */
  partsOf(bytes: Uint8Array): number {
    if (bytes.length <= PART_BYTES) return 0
    const staged = this.#staged
    this.#staged = undefined
    return staged !== undefined && Buffer.compare(staged.bytes, bytes) === 0 ? staged.parts : this.#appendParts(bytes)
  }

  #appendParts(bytes: Uint8Array): number {
    this.#parts++
    for (let at = 0; at < bytes.length; at += PART_BYTES) {
      const piece = bytes.subarray(at, at + PART_BYTES)
      this.#appendWhole(COMMANDS.PART, this.#part.reset().u32(this.#parts).u8(at === 0 ? 1 : 0).raw(piece).view())
    }
    return this.#parts
  }

  #appendWhole(type: number, body: Uint8Array): void {
    this.#state.guard.check()
    this.#state.tables.region.appliedLsn[0] = this.#log.append(DAG, type, body)
  }
}
