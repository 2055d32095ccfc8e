import type { ComponentName } from '@symphony/interface'
import { isPanic } from './storage-failure.ts'

/** Neighbours that failed inside and are being restored, and what has to be done again when they are. */
export class Restorations {
  readonly #broken = new Set<ComponentName>()
  #kept: (() => void)[] = []

  begin(name: ComponentName): void {
    this.#broken.add(name)
  }

  /** @returns what was kept, once no neighbour is broken any more */
  end(name: ComponentName): readonly (() => void)[] | undefined {
    if (!this.#broken.delete(name) || this.#broken.size > 0) return undefined
    const kept = this.#kept
    this.#kept = []
    return kept
  }

  /** Whether somebody is being restored, and the error, if there is one, comes from that. */
  awaits(error?: unknown): boolean {
    return this.#broken.size > 0 && (error === undefined || isPanic(error))
  }

  /** Keeps what is to be done when all work again. @returns false when they do */
  defers(run: () => void): boolean {
    if (this.#broken.size === 0) return false
    this.#kept.push(run)
    return true
  }

  /** Keeps what has to be done again. @returns false when the error is a different one, which nobody will mend */
  holds(error: unknown, again: () => void): boolean {
    return isPanic(error) && this.defers(again)
  }

  reasons(): readonly string[] {
    return [...this.#broken].map((name) => `begins nothing until "${name}" is restored; what ends meanwhile is kept`)
  }
}
