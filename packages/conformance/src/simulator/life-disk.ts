import { SymphonyError } from '@symphony/interface'
import type { FileStat, FileSystem } from '@symphony/interface'
import { CrashSignal } from './crash-signal.ts'

/**
 * The files as one simulated process sees them. When it dies, `died` is told at that very operation; whatever it still does finds a
 * storage that refuses everything, which is what code is prepared for.
 */
export class LifeDisk implements FileSystem {
  readonly #files: FileSystem
  readonly #died: () => void
  #isOver = false
  /** Operations this process was refused, by the simulated storage, while it lived. */
  refused = 0

  constructor(files: FileSystem, died: () => void) {
    this.#files = files
    this.#died = died
  }

  end(): void {
    this.#isOver = true
  }

  open(path: string, mode: 'r' | 'r+' | 'wx+'): number {
    return this.#do(() => this.#files.open(path, mode))
  }

  close(file: number): void {
    this.#do(() => this.#files.close(file))
  }

  read(file: number, into: Uint8Array, position: number): number {
    return this.#do(() => this.#files.read(file, into, position))
  }

  write(file: number, bytes: Uint8Array, position: number): void {
    this.#do(() => this.#files.write(file, bytes, position))
  }

  syncData(file: number): void {
    this.#do(() => this.#files.syncData(file))
  }

  syncFolder(path: string): void {
    this.#do(() => this.#files.syncFolder(path))
  }

  truncate(file: number, sizeBytes: number): void {
    this.#do(() => this.#files.truncate(file, sizeBytes))
  }

  rename(from: string, to: string): void {
    this.#do(() => this.#files.rename(from, to))
  }

  remove(path: string): void {
    this.#do(() => this.#files.remove(path))
  }

  makeFolder(path: string): void {
    this.#do(() => this.#files.makeFolder(path))
  }

  list(path: string): readonly string[] {
    return this.#do(() => this.#files.list(path))
  }

  stat(path: string): FileStat | undefined {
    return this.#do(() => this.#files.stat(path))
  }

  #do<T>(operation: () => T): T {
    if (this.#isOver) throw gone()
    try {
      return operation()
    } catch (error) {
      if (error instanceof CrashSignal) {
        this.#isOver = true
        this.#died()
        throw gone()
      }
      if (error instanceof SymphonyError && error.code.startsWith('STORAGE_')) this.refused++
      throw error
    }
  }
}

function gone(): SymphonyError {
  return new SymphonyError({ code: 'STORAGE_FAILED', component: 'simulator', message: 'The simulated process is dead; nothing it does counts any more.' })
}
