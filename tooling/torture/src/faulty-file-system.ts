import { SymphonyError } from '@symphony/interface'
import type { ErrorCode, FileSystem } from '@symphony/interface'
import { nodeFileSystem } from '@symphony/ports'

/** Which operation fails, and how. */
export interface PortFault {
  /** Number of the first operation that fails, from 1. Only those that change something count. */
  readonly at: number
  readonly code: ErrorCode
  readonly isForEver: boolean
  /** So much of a failing write arrives. */
  readonly partBytes: number
}

/** The machine's files behind a port that refuses one operation, or all from that one on. */
export class FaultyFileSystem implements FileSystem {
  readonly #fault: PortFault
  /** Operations that would change something, so far. */
  operations = 0

  constructor(fault: PortFault) {
    this.#fault = fault
  }

  readonly close = nodeFileSystem.close
  readonly read = nodeFileSystem.read
  readonly list = nodeFileSystem.list
  readonly stat = nodeFileSystem.stat

  open(...args: Parameters<FileSystem['open']>): number {
    return args[1] === 'r' ? nodeFileSystem.open(...args) : this.#attempt('open', () => nodeFileSystem.open(...args))
  }

  write(file: number, bytes: Uint8Array, position: number): void {
    const part = bytes.subarray(0, this.#fault.partBytes)
    this.#attempt('write', () => nodeFileSystem.write(file, bytes, position), () => nodeFileSystem.write(file, part, position))
  }

  syncData(file: number): void {
    this.#attempt('sync', () => nodeFileSystem.syncData(file))
  }

  syncFolder(path: string): void {
    this.#attempt('sync a folder', () => nodeFileSystem.syncFolder(path))
  }

  truncate(file: number, sizeBytes: number): void {
    this.#attempt('truncate', () => nodeFileSystem.truncate(file, sizeBytes))
  }

  rename(from: string, to: string): void {
    this.#attempt('rename', () => nodeFileSystem.rename(from, to))
  }

  remove(path: string): void {
    this.#attempt('remove', () => nodeFileSystem.remove(path))
  }

  makeFolder(path: string): void {
    this.#attempt('make a folder', () => nodeFileSystem.makeFolder(path))
  }

  #attempt<T>(what: string, run: () => T, partly?: () => void): T {
    this.operations++
    const { at, code, isForEver } = this.#fault
    if (this.operations !== at && !(isForEver && this.operations > at)) return run()
    partly?.()
    throw new SymphonyError({ code, component: 'faulty-file-system', message: `Refused to ${what}, operation ${this.operations}.` })
  }
}
