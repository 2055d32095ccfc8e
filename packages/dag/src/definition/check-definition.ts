import type { Json, StandardSchema, TaskSpec, TaskType, Template, WorkflowSpec } from '@symphony/interface'
import { KINDS } from '../layout.ts'
import { pathBeforeMaps, withMapsWrittenOut } from './map-tasks.ts'
import { suggestion } from './nearest.ts'
import { tasksThatNeverRun } from './never-runs.ts'
import type { CompiledTemplate } from './template.ts'
import { compileSpec } from './validation.ts'
import { compileProblems, specOfDefinition } from './definition-problems.ts'
import { isSchema, validate } from './schemas.ts'

export interface DefinitionProblem {
  /** `error`: it would be refused, or fail whenever it runs. `warning`: it runs, but hardly as meant. */
  readonly severity: 'error' | 'warning'
  /** Where: `tasks[3].needs[0]`. */
  readonly path: string
  /** What is wrong, what to do, and what was probably meant. */
  readonly message: string
}

export interface CheckOptions {
  /** Ids of the models there are. Without it, models are not looked at. */
  readonly models?: Iterable<string>
}

/**
 * Everything that can be said about a definition before it runs, at once: what a tracker would refuse, models nobody has, params that
 * do not fit the `paramsSchema` of their type, defaults that do not fit its `outputSchema`, conditions that never hold, and tasks that
 * can have no part in the result. Empty when all is well; it never throws
 * for a bad definition.
 * @example
 * for (const { severity, path, message } of checkDefinition(spec, { models: ['tesseract'] })) console.log(severity, path, message)
 */
export function checkDefinition(definition: WorkflowSpec | Template, options: CheckOptions = {}): readonly DefinitionProblem[] {
  const spec = specOfDefinition(definition)
  const refused = compileProblems(spec)
  const found: DefinitionProblem[] = refused.map((problem) => {
    const colon = problem.indexOf(': ')
    return { severity: 'error', path: problem.slice(0, Math.max(colon, 0)), message: problem.slice(colon + 2) }
  })
  if (Array.isArray(spec?.tasks)) {
    if (options.models !== undefined) found.push(...unknownModels(spec, new Set(options.models)))
    found.push(...misfittingParams(spec), ...misfittingDefaults(spec))
  }
  if (refused.length > 0) return found
  const compiled = compileSpec(withMapsWrittenOut(spec))
  const pathOf = pathBeforeMaps(spec)
  for (const problem of [...uselessTasks(spec, compiled), ...needsThatNeverHold(compiled), ...conditionsThatNeverHold(compiled)]) {
    found.push({ ...problem, path: pathOf(problem.path) })
  }
  return found
}

function* unknownModels(spec: WorkflowSpec, models: ReadonlySet<string>): IterableIterator<DefinitionProblem> {
  for (const [path, owner] of owners(spec)) {
    const { model } = owner
    if (typeof model !== 'string' || models.has(model)) continue
    const hint = suggestion(model, models) || (models.size === 0 ? '; none is registered' : '; register it first')
    yield { severity: 'error', path: `${path}.model`, message: `no model "${model}"${hint}` }
  }
}

/** Tasks whose params their type's schema does not take; what is added at run time is not known here. */
function* misfittingParams(spec: WorkflowSpec): IterableIterator<DefinitionProblem> {
  const types = new Map((Array.isArray(spec.types) ? spec.types : []).map((type: TaskType) => [type?.name, type] as const))
  for (let place = 0; place < spec.tasks.length; place++) {
    const task = spec.tasks[place] as TaskSpec | null
    const schema: StandardSchema | undefined = task?.paramsSchema ?? (task?.type === undefined ? undefined : types.get(task.type)?.paramsSchema)
    if (!isSchema(schema)) continue
    yield* misfits(schema, task?.params ?? null, `tasks[${place}].params`)
  }
}

function* misfittingDefaults(spec: WorkflowSpec): IterableIterator<DefinitionProblem> {
  for (const [path, { default: value, outputSchema }] of owners(spec)) {
    if (value !== undefined && isSchema(outputSchema)) yield* misfits(outputSchema, value, `${path}.default`)
  }
}

function* misfits(schema: StandardSchema, value: Json, path: string): IterableIterator<DefinitionProblem> {
  const checked = validate(schema, value, path)
  if ('value' in checked) return
  for (const problem of checked.problems) {
    const colon = problem.indexOf(': ')
    yield { severity: 'error', path: problem.slice(0, colon), message: problem.slice(colon + 2) }
  }
}

/** With a named output: tasks that lead neither to it nor to anything outside. */
function* uselessTasks(spec: WorkflowSpec, compiled: CompiledTemplate): IterableIterator<DefinitionProblem> {
  if (compiled.output < 0) return
  const useful = new Uint8Array(compiled.taskCount)
  useful[compiled.output] = 1
  const open = [compiled.output]
  for (let task = 0; task < compiled.taskCount; task++) {
    if (useful[task] === 1 || compiled.types[compiled.typeOf[task] as number]?.effect !== 'outside') continue
    useful[task] = 1
    open.push(task)
  }
  for (let task = open.pop(); task !== undefined; task = open.pop()) {
    for (let edge = compiled.inStart[task] as number; edge < (compiled.inStart[task + 1] as number); edge++) {
      const need = compiled.inFrom[edge] as number
      if (useful[need] === 1) continue
      useful[need] = 1
      open.push(need)
    }
  }
  for (let task = 0; task < compiled.taskCount; task++) {
    if (useful[task] === 1) continue
    const message = `"${compiled.ids[task]}" leads neither to the output "${spec.output}" nor to an effect outside; let something need it, or leave it out`
    yield { severity: 'warning', path: `tasks[${task}]`, message }
  }
}

/** Optional needs of a task that itself has to end before the other begins: nothing can ever be there when it starts. */
function* needsThatNeverHold(compiled: CompiledTemplate): IterableIterator<DefinitionProblem> {
  const position = new Int32Array(compiled.taskCount)
  compiled.order.forEach((task, place) => (position[task] = place))
  for (let task = 0; task < compiled.taskCount; task++) {
    const start = compiled.inStart[task] as number
    let after: Uint8Array | undefined
    for (let edge = start; edge < (compiled.inStart[task + 1] as number); edge++) {
      const need = compiled.inFrom[edge] as number
      // What comes earlier in the order cannot wait for this task.
      if (compiled.inKind[edge] !== KINDS.OPTIONAL || (position[need] as number) < (position[task] as number)) continue
      after ??= waitingFor(compiled, task)
      if (after[need] === 0) continue
      const path = `tasks[${task}].needs[${edge - start}]`
      yield { severity: 'warning', path, message: `"${compiled.ids[need]}" waits for "${compiled.ids[task]}" itself, so its result is never there in time; leave the need out` }
    }
  }
}

/** Conditions that do not hold, whatever happens, and what never runs because of them. */
function* conditionsThatNeverHold(compiled: CompiledTemplate): IterableIterator<DefinitionProblem> {
  for (const { task, isOwn } of tasksThatNeverRun(compiled)) {
    const id = compiled.ids[task]
    const message = isOwn
      ? `holds in no case, so "${id}" never runs; a task is not cancelled while its run goes on, and of a hard need only its success gets this far`
      : `"${id}" never runs, because what it needs never does; mend the condition of those, or leave it out`
    yield { severity: 'warning', path: `tasks[${task}]${isOwn ? '.when' : ''}`, message }
  }
}

/** Marks the tasks that cannot begin before this one has ended. */
function waitingFor(compiled: CompiledTemplate, first: number): Uint8Array {
  const marked = new Uint8Array(compiled.taskCount)
  const open = [first]
  for (let task = open.pop(); task !== undefined; task = open.pop()) {
    const start = compiled.outStart[task] as number
    for (let edge = start; edge < start + (compiled.outCount[task] as number); edge++) {
      const target = compiled.targets[edge] as number
      if ((target & 3) === KINDS.OPTIONAL || marked[target >> 2] === 1) continue
      marked[target >> 2] = 1
      open.push(target >> 2)
    }
  }
  return marked
}

function* owners(spec: WorkflowSpec): IterableIterator<readonly [path: string, owner: Partial<TaskType>]> {
  for (const key of ['types', 'tasks'] as const) {
    const list: readonly unknown[] = Array.isArray(spec[key]) ? spec[key] : []
    for (let place = 0; place < list.length; place++) {
      const owner = list[place]
      if (typeof owner !== 'object' || owner === null) continue
      yield [`${key}[${place}]`, owner]
      const { map } = owner as TaskSpec
      if (typeof map === 'object' && map !== null) yield [`${key}[${place}].map`, map]
    }
  }
}
