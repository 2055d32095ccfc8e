import { SymphonyError } from '@symphony/interface'
import type { Json, Need, NeedKind, TaskSpec, TaskType, WorkflowSpec } from '@symphony/interface'
import { compileCondition, misfit } from './condition.ts'
import { IdIndex } from './id-index.ts'
import { checkJoin, readJoin } from './join.ts'
import { KINDS } from '../layout.ts'
import { suggestion } from './nearest.ts'
import { Problems } from './problems.ts'
import { isSchema, NO_SCHEMA } from './schemas.ts'
import { checkType, checkTypeKeys, DEFAULT_VERSION, TYPE_FIELDS } from './task-types.ts'
import { compileDraft } from './template.ts'
import type { CompiledTemplate, Draft } from './template.ts'

const SPEC_KEYS: ReadonlySet<string> = new Set(['name', 'version', 'tasks', 'types', 'output', 'timeoutMs', 'retriesMax', 'inputSchema'])
const TASK_KEYS: ReadonlySet<string> = new Set(['id', 'type', 'needs', 'join', 'when', 'params', ...TYPE_FIELDS])
const NEED_KEYS: ReadonlySet<string> = new Set(['task', 'kind'])
/** Tasks up to which a need nobody knows is compared with all of them. */
const HINTS_MAX = 2000
const KIND_NUMBERS: Readonly<Record<NeedKind, number>> = { hard: KINDS.HARD, soft: KINDS.SOFT, optional: KINDS.OPTIONAL }

/**
 * Reads, checks and compiles a definition.
 * @throws SymphonyError `WORKFLOW_INVALID` with all problems at once, `WORKFLOW_CYCLE` when a circle is the only one
 */
export function compileSpec(spec: WorkflowSpec): CompiledTemplate {
  const problems = new Problems()
  const reader = new SpecReader(spec, problems)
  const draft = reader.read()
  const subject = `Workflow "${String(spec?.name)}"`
  if (draft === undefined) problems.throwIfAny(subject)
  const compilation = compileDraft(draft as Draft, reader.index)
  if ('template' in compilation) {
    problems.throwIfAny(subject)
    return compilation.template
  }
  const circle = [...compilation.cycle, compilation.cycle[0] as string].join(' -> ')
  if (problems.count > 0) problems.add('tasks', `these wait for each other in a circle: ${circle}`)
  problems.throwIfAny(subject)
  throw new SymphonyError({
    code: 'WORKFLOW_CYCLE',
    component: '@symphony/dag',
    message: `${subject} never ends: ${circle} wait for each other in a circle. Remove one of these needs, or make it optional.`,
    details: { cycle: compilation.cycle },
  })
}

/** One pass over the tasks for ids and types, one for needs. */
class SpecReader {
  index: IdIndex = new IdIndex([])
  readonly #spec: WorkflowSpec
  readonly #problems: Problems
  readonly #types: TaskType[] = []
  readonly #typeIndex = new Map<string, number>()
  #joins: Map<number, number> | undefined
  #conditions: Map<number, Int32Array> | undefined

  constructor(spec: WorkflowSpec, problems: Problems) {
    this.#spec = spec
    this.#problems = problems
  }

  /** Undefined when the outer form is too broken to look further. */
  read(): Draft | undefined {
    const spec = this.#spec
    if (!this.#readFrame()) return undefined
    const namedTypes = this.#readTypes()
    const { tasks } = spec
    const ids: string[] = new Array(tasks.length)
    this.index = new IdIndex(ids)
    const typeOf = new Int32Array(tasks.length)
    let params: (Json | undefined)[] | undefined
    let edges = 0
    let hasConditions = false
    for (let task = 0; task < tasks.length; task++) {
      const given = tasks[task] as TaskSpec
      ids[task] = typeof given?.id === 'string' ? given.id : ''
      this.#checkId(given?.id, task)
      typeOf[task] = this.#readTaskType(given, task)
      if (Array.isArray(given?.needs)) edges += given.needs.length
      if (given?.when !== undefined) hasConditions = true
      if (given?.params !== undefined) {
        params ??= new Array<Json | undefined>(tasks.length).fill(undefined)
        params[task] = given.params
      }
    }
    const output = spec.output === undefined ? -1 : (this.index.get(spec.output) ?? -2)
    if (output === -2) this.#problems.add('output', `no task "${String(spec.output)}"${this.#hint(spec.output)}`)
    const { name, version = DEFAULT_VERSION } = spec
    const needs = this.#readNeeds(ids, edges + (hasConditions ? this.#readConditions() : 0))
    return {
      name, version, output, types: this.#types, namedTypes, ids, typeOf, params, joins: this.#joins, conditions: this.#conditions, ...needs,
    }
  }

  #readFrame(): boolean {
    const spec = this.#spec as unknown
    if (typeof spec !== 'object' || spec === null) {
      this.#problems.add('workflow', 'must be an object with `name` and `tasks`, or a directed graph')
      return false
    }
    for (const key in spec) if (!SPEC_KEYS.has(key)) this.#problems.addUnknownKey('', key, SPEC_KEYS)
    const { name, version, tasks, inputSchema } = this.#spec
    if (typeof name !== 'string' || name === '') this.#problems.add('name', 'give the workflow a name')
    const isVersion = version === undefined || (typeof version === 'string' && version !== '')
    if (!isVersion) this.#problems.add('version', 'must be a string that is not empty')
    const { timeoutMs, retriesMax } = this.#spec
    if (timeoutMs !== undefined && !(Number.isFinite(timeoutMs) && timeoutMs > 0)) this.#problems.add('timeoutMs', 'must be a finite number above 0')
    if (retriesMax !== undefined && !(Number.isInteger(retriesMax) && retriesMax >= 0)) this.#problems.add('retriesMax', 'must be a whole number, 0 or more')
    if (inputSchema !== undefined && !isSchema(inputSchema)) this.#problems.add('inputSchema', NO_SCHEMA)
    if (!Array.isArray(tasks)) this.#problems.add('tasks', 'must be an array of tasks')
    else if (tasks.length === 0) this.#problems.add('tasks', 'a workflow has at least one task')
    return Array.isArray(tasks)
  }

  #readTypes(): number {
    const types = this.#spec.types ?? []
    if (!Array.isArray(types)) {
      this.#problems.add('types', 'must be an array of task types')
      return 0
    }
    types.forEach((type: TaskType, place) => {
      const path = `types[${place}]`
      if (typeof type !== 'object' || type === null) {
        this.#problems.add(path, 'must be an object')
        return
      }
      checkTypeKeys(type, path, this.#problems)
      checkType(type, path, this.#problems)
      if (this.#typeIndex.has(type.name)) this.#problems.add(`${path}.name`, `"${type.name}" is there twice`)
      this.#typeIndex.set(type.name, this.#types.length)
      this.#types.push(type)
    })
    return this.#types.length
  }

  #checkId(id: unknown, place: number): void {
    if (typeof id !== 'string' || id === '') {
      this.#problems.add(`tasks[${place}].id`, 'must be a string that is not empty')
      return
    }
    const first = this.index.add(place)
    if (first !== place) this.#problems.add(`tasks[${place}].id`, `"${id}" is also the id of tasks[${first}]`)
  }

  /** The type a task names, or one made of what it says inline. @returns its place, 0 when it has problems */
  #readTaskType(task: TaskSpec, place: number): number {
    let inline = false
    for (const key in task) {
      if (key === 'id' || key === 'type' || key === 'needs' || key === 'params' || key === 'join' || key === 'when') continue
      if (TYPE_FIELDS.has(key)) inline = true
      else this.#problems.addUnknownKey(`tasks[${place}]`, key, TASK_KEYS)
    }
    const named = task?.type === undefined ? undefined : this.#typeIndex.get(task.type)
    if (task?.type !== undefined && named === undefined) {
      const hint = suggestion(task.type, this.#typeIndex.keys())
      this.#problems.add(`tasks[${place}].type`, `no type "${String(task.type)}" among the workflow's types${hint}`)
      return 0
    }
    if (!inline && named !== undefined) return named
    const { id, needs: _needs, params: _params, type: _type, join: _join, when: _when, ...fields } = task ?? { id: '' }
    const base = named === undefined ? { name: id } : (this.#types[named] as TaskType)
    const type: TaskType = { ...base, ...fields }
    checkType(type, `tasks[${place}]`, this.#problems)
    return this.#types.push(type) - 1
  }

  /** @returns how many needs they may add */
  #readConditions(): number {
    let words = 0
    this.#spec.tasks.forEach((task, place) => {
      if (task?.when === undefined) return
      const path = `tasks[${place}].when`
      if (task.join !== undefined) this.#problems.add(path, 'goes not with `join`; say in the condition how many there must be')
      const program = compileCondition(task.when, (id) => this.index.get(id))
      if (typeof program === 'string') this.#problems.add(path, program)
      else {
        this.#conditions ??= new Map()
        this.#conditions.set(place, program)
        words += program.length
      }
    })
    return words
  }

  /** Which tasks a condition looks at; those that are no needs yet become soft ones. @returns how many were added at `length` */
  #needNamed(task: number, neededBy: Int32Array, inStart: number, length: number, inFrom: Int32Array, inKind: Uint8Array): number {
    const path = `tasks[${task}].when`
    let added = 0
    for (const word of this.#conditions?.get(task) ?? []) {
      if (word < 0) continue
      const from = word >> 3
      if (from === task) this.#problems.add(path, 'a task cannot look at itself')
      else if (neededBy[from] === task) {
        const at = inFrom.subarray(inStart, length).indexOf(from)
        const problem = misfit(word, at < 0 ? KINDS.SOFT : inKind[inStart + at], String(this.#spec.tasks[from]?.id))
        if (problem !== undefined) this.#problems.add(path, problem)
      } else {
        neededBy[from] = task
        inFrom[length + added] = from
        inKind[length + added] = KINDS.SOFT
        added++
      }
    }
    return added
  }

  #readJoin(task: number, inKind: Uint8Array): void {
    const path = `tasks[${task}].join`
    const least = readJoin((this.#spec.tasks[task] as TaskSpec).join, path, this.#problems)
    if (least === 0) return
    let needs = 0
    for (const kind of inKind) if (kind !== KINDS.OPTIONAL) needs++
    checkJoin(least, needs, path, this.#problems)
    this.#joins ??= new Map()
    this.#joins.set(task, least)
  }

  /** @param edges how many needs there may be, with those that conditions add */
  #readNeeds(ids: readonly string[], edges: number): Pick<Draft, 'inStart' | 'inFrom' | 'inKind'> {
    const { tasks } = this.#spec
    const inStart = new Int32Array(ids.length + 1)
    const inFrom = new Int32Array(edges)
    const inKind = new Uint8Array(edges)
    // The last task that needed a task: finds a need that is listed twice without a set for each task.
    const neededBy = new Int32Array(ids.length).fill(-1)
    let length = 0
    for (let task = 0; task < ids.length; task++) {
      inStart[task] = length
      const needs = (tasks[task] as TaskSpec)?.needs
      const isList = Array.isArray(needs)
      if (needs !== undefined && !isList) this.#problems.add(`tasks[${task}].needs`, 'must be an array of ids or { task, kind }')
      for (let place = 0; isList && place < needs.length; place++) {
        const need: string | Need = needs[place]
        const from = typeof need === 'string' ? this.index.get(need) : this.#readNeed(need, task, place)
        if (from === undefined || from === task || neededBy[from] === task) {
          this.#reportNeed(need, from, task, place)
          continue
        }
        neededBy[from] = task
        inFrom[length] = from
        inKind[length] = typeof need === 'string' ? KINDS.HARD : (KIND_NUMBERS[need.kind ?? 'hard'] ?? KINDS.HARD)
        length++
      }
      if (this.#conditions !== undefined) length += this.#needNamed(task, neededBy, inStart[task] as number, length, inFrom, inKind)
      if ((tasks[task] as TaskSpec)?.join !== undefined) this.#readJoin(task, inKind.subarray(inStart[task], length))
    }
    inStart[ids.length] = length
    return { inStart, inFrom: inFrom.subarray(0, length), inKind: inKind.subarray(0, length) }
  }

  #readNeed(need: Need, task: number, place: number): number | undefined {
    const path = `tasks[${task}].needs[${place}]`
    if (typeof need !== 'object' || need === null) return undefined
    for (const key in need) if (!NEED_KEYS.has(key)) this.#problems.addUnknownKey(path, key, NEED_KEYS)
    const isKind = need.kind === undefined || KIND_NUMBERS[need.kind] !== undefined
    if (!isKind) this.#problems.add(`${path}.kind`, 'must be "hard", "soft" or "optional"')
    return this.index.get(need.task)
  }

  #reportNeed(need: string | Need, from: number | undefined, task: number, place: number): void {
    const path = `tasks[${task}].needs[${place}]`
    const id: unknown = typeof need === 'string' ? need : need?.task
    if (typeof id !== 'string') this.#problems.add(path, 'must be an id or { task, kind }')
    else if (from === undefined) this.#problems.add(path, `no task "${id}"${this.#hint(id)}`)
    else if (from === task) this.#problems.add(path, 'a task cannot need itself')
    else this.#problems.add(path, `"${id}" is needed twice`)
  }

  #hint(id: unknown): string {
    // Looking for a near name costs a comparison with every task: only for definitions a person writes.
    return this.index.size <= HINTS_MAX ? suggestion(id, [...this.index.keys()].filter((known) => known !== '')) : ''
  }
}
