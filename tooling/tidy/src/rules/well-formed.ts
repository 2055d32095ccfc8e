import type { Rule } from '../problem.ts'

/** The other rules read syntax trees: a file that does not parse would pass them all. */
export const wellFormed: Rule = {
  name: 'syntax',
  check: (repository) =>
    repository.code.flatMap((file) => file.syntax.errors.map((error) => ({ file: file.path, line: 1, rule: 'syntax', message: error.message }))),
}
