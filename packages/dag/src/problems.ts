import { SymphonyError } from '@symphony/interface'
import { PROBLEMS_MAX } from './limits.ts'
import { nearest } from './nearest.ts'

/** Collects everything that is wrong with a definition, so that its author mends it in one go. */
export class Problems {
  readonly #found: string[] = []
  #more = 0

  get count(): number {
    return this.#found.length + this.#more
  }

  add(path: string, problem: string): void {
    if (this.#found.length < PROBLEMS_MAX) this.#found.push(`${path}: ${problem}`)
    else this.#more++
  }

  addUnknownKey(path: string, key: string, known: Iterable<string>): void {
    const meant = nearest(key, known)
    this.add(path === '' ? key : `${path}.${key}`, meant === undefined ? 'unknown key' : `unknown key; did you mean "${meant}"?`)
  }

  /** @throws SymphonyError `WORKFLOW_INVALID` when anything was found */
  throwIfAny(subject: string): void {
    if (this.#found.length === 0) return
    const problems = this.#more > 0 ? [...this.#found, `and ${this.#more} more`] : this.#found
    throw new SymphonyError({
      code: 'WORKFLOW_INVALID',
      component: '@symphony/dag',
      message: `${subject} has ${this.count === 1 ? 'a problem' : `${this.count} problems`}: ${problems[0]}${this.count > 1 ? ' …' : ''} Mend what details.problems lists.`,
      details: { problems },
    })
  }
}
