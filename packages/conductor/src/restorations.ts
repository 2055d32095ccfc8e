import type { ComponentName } from '@symphony/interface'
import { isPanic } from './storage-failure.ts'

/** Neighbours without which nothing goes on. A pool serves by its own backend meanwhile, and a stale manager is nobody's need. */
const NEEDED: ReadonlySet<ComponentName> = new Set<ComponentName>(['dag', 'arbitration', 'artifacts'])

/** What a restoration has come to: who was restored, and what was kept until then. */
interface Restored {
  readonly names: ReadonlySet<ComponentName>
  readonly kept: readonly (() => void)[]
}

/** Neighbours that failed inside and are being restored, and what has to be done again when they are. */
export class Restorations {
  readonly #broken = new Set<ComponentName>()
  #restored = new Set<ComponentName>()
  #kept: (() => void)[] = []

  isNeeded(name: ComponentName): boolean {
    return NEEDED.has(name)
  }

  begin(name: ComponentName): void {
    if (NEEDED.has(name)) this.#broken.add(name)
  }

  /** @returns what came of it, once no neighbour is broken any more */
  end(name: ComponentName): Restored | undefined {
    if (!this.#broken.delete(name)) return undefined
    this.#restored.add(name)
    if (this.#broken.size > 0) return undefined
    const ended = { names: this.#restored, kept: this.#kept }
    this.#restored = new Set()
    this.#kept = []
    return ended
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
