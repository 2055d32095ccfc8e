import { SymphonyError } from '@symphony/interface'
import { PROBLEMS_MAX } from '../limits.ts'
import { suggestion } from './nearest.ts'

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
    this.add(path === '' ? key : `${path}.${key}`, `unknown key${suggestion(key, known)}`)
  }

  /** @throws SymphonyError `WORKFLOW_INVALID` when anything was found */
  throwIfAny(subject: string): void {
    if (this.#found.length === 0) return
    const problems = this.#more > 0 ? [...this.#found, `and ${this.#more} more`] : this.#found
    const [few, rest] = this.count === 1 ? ['a problem', '.'] : [`${this.count} problems`, ', …']
    throw new SymphonyError({
      code: 'WORKFLOW_INVALID',
      component: '@symphony/dag',
      message: `${subject} has ${few}: ${problems[0]}${rest} Mend what details.problems lists.`,
      details: { problems },
    })
  }
}
