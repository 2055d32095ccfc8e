import { isSymphonyError, SymphonyError } from '@symphony/interface'
import type { Template, WorkflowSpec } from '@symphony/interface'
import { PROBLEMS_MAX } from '../limits.ts'
import { pathBeforeMaps, withMapsWrittenOut } from './map-tasks.ts'
import { compileSpec } from './validation.ts'

/** The definition behind a template, or the definition itself. */
export function specOfDefinition(definition: WorkflowSpec | Template): WorkflowSpec {
  // What comes from outside may be anything; the checks tell.
  return (definition as Partial<Template> | null)?.spec ?? (definition as WorkflowSpec)
}

/** What a tracker would refuse about a definition, by path; empty when it would take it. */
export function compileProblems(spec: WorkflowSpec): readonly string[] {
  const written = withMapsWrittenOut(spec)
  if (written === spec) return problemsOfWritten(spec)
  const pathOf = pathBeforeMaps(spec)
  // What a map and its elements have in common is told once.
  return [...new Set(problemsOfWritten(written).map(pathOf))]
}

function problemsOfWritten(spec: WorkflowSpec): readonly string[] {
  try {
    compileSpec(spec)
    return []
  } catch (error) {
    if (!isSymphonyError(error)) throw error
    const { problems, cycle } = error.details as { problems?: readonly string[]; cycle?: readonly string[] }
    if (problems !== undefined) return problems
    if (cycle !== undefined) return [`tasks: these wait for each other in a circle: ${[...cycle, cycle[0]].join(' -> ')}`]
    throw error
  }
}

/** One error for everything that is wrong with a definition that was read from `source`. */
export function invalidDefinition(source: string, problems: readonly string[]): SymphonyError {
  const listed = problems.length > PROBLEMS_MAX ? [...problems.slice(0, PROBLEMS_MAX), `and ${problems.length - PROBLEMS_MAX} more`] : problems
  const [few, rest] = problems.length === 1 ? ['a problem', '.'] : [`${problems.length} problems`, ', …']
  return new SymphonyError({
    code: 'WORKFLOW_INVALID',
    component: '@symphony/dag',
    message: `The ${source} has ${few}: ${problems[0]}${rest} Mend what details.problems lists.`,
    details: { problems: listed },
  })
}
