/** One thing that is not as it should be, and where. */
export interface Problem {
  readonly file: string
  readonly line: number
  readonly rule: string
  /** What is wrong and what to do instead. */
  readonly message: string
}

/** A rule looks at the whole repository and tells what it does not like. Pure: it reads nothing but its argument. */
export interface Rule {
  readonly name: string
  check(repository: import('./repository.ts').Repository): readonly Problem[]
}

/** `file:line rule message`, the shape editors and terminals make clickable. */
export function formatProblem(problem: Problem): string {
  return `${problem.file}:${problem.line} ${problem.rule} ${problem.message}`
}
