/** A task as a trace has it, whichever version wrote it. */
export interface RecordedTask {
  readonly id: string
  readonly name: string
  /** The bare name of what ran; else the task's name without its running number. */
  readonly program: string
  readonly arguments: readonly string[]
  /** Ids of its parents, each once. */
  readonly needs: readonly string[]
  /** Undefined where nothing was recorded. */
  readonly runtimeMs: number | undefined
  readonly memoryBytes: number | undefined
  readonly inputFiles: readonly RecordedFile[]
  readonly outputFiles: readonly RecordedFile[]
}

export interface RecordedFile {
  readonly name: string
  readonly bytes: number | undefined
}

interface RecordedTrace {
  readonly name: string
  readonly tasks: readonly RecordedTask[]
}

type Fields = Readonly<Record<string, unknown>>

// 1.5 keeps what a task is (`specification`) apart from how it ran (`execution`); 1.4 has both in one list, with files inside the
// tasks. Both become one list of what is there, and are read alike from then on.

/** Reads a trace; what is wrong with it goes into `problems`. */
export function readRecords(json: unknown, problems: string[]): RecordedTrace {
  const workflow = isFields(json) ? json['workflow'] : undefined
  if (!isFields(json) || !isFields(workflow)) {
    problems.push('workflow: must be an object, as WfFormat 1.4 and 1.5 have it')
    return { name: '', tasks: [] }
  }
  const { specification, execution } = workflow
  const path = specification === undefined ? 'workflow.tasks' : 'workflow.specification.tasks'
  const listed = isFields(specification) ? specification['tasks'] : workflow['tasks']
  if (!Array.isArray(listed) || listed.length === 0) {
    problems.push(`${path}: must be an array of at least one task`)
    return { name: '', tasks: [] }
  }
  const runs = byId(isFields(execution) ? execution['tasks'] : [])
  const bytes = bytesByFile(isFields(specification) ? specification['files'] : [])
  const tasks: Fields[] = []
  listed.forEach((task: unknown, place) => {
    if (!isFields(task) || idOf(task) === undefined) problems.push(`${path}[${place}]: must be an object with \`id\` or \`name\``)
    else tasks.push({ ...runs.get(idOf(task) as string), ...task })
  })
  if (problems.length > 0) return { name: '', tasks: [] }
  const parents = parentsOf(tasks, path, problems)
  return {
    name: typeof json['name'] === 'string' && json['name'] !== '' ? json['name'] : 'trace',
    tasks: tasks.map((task, place) => recorded(task, [...(parents[place] as ReadonlySet<string>)], bytes)),
  }
}

/** Parents of each task from both lists that may tell of them. A task is named by its id, in older traces also by its name. */
function parentsOf(tasks: readonly Fields[], path: string, problems: string[]): readonly ReadonlySet<string>[] {
  const places = new Map<string, number>()
  // Names first, so that where one task's name is another's id, the id counts.
  tasks.forEach((task, place) => typeof task['name'] === 'string' && places.set(task['name'], place))
  const ids = new Set<string>()
  tasks.forEach((task, place) => {
    const id = idOf(task) as string
    if (ids.has(id)) problems.push(`${path}[${place}].id: "${id}" is there twice`)
    places.set(id, place)
    ids.add(id)
  })
  const parents = tasks.map(() => new Set<string>())
  const link = (place: number, key: 'parents' | 'children', each: (other: number) => void): void => {
    const listed = tasks[place]?.[key] ?? []
    if (!Array.isArray(listed)) {
      problems.push(`${path}[${place}].${key}: must be an array of ids`)
      return
    }
    listed.forEach((id: unknown, at) => {
      const other = typeof id === 'string' ? places.get(id) : undefined
      if (other === undefined) problems.push(`${path}[${place}].${key}[${at}]: no task "${String(id)}"`)
      else if (other !== place) each(other)
    })
  }
  for (let place = 0; place < tasks.length; place++) {
    link(place, 'parents', (other) => parents[place]?.add(idOf(tasks[other] as Fields) as string))
    link(place, 'children', (other) => parents[other]?.add(idOf(tasks[place] as Fields) as string))
  }
  return parents
}

function recorded(task: Fields, needs: readonly string[], bytes: ReadonlyMap<string, number>): RecordedTask {
  const id = idOf(task) as string
  const name = typeof task['name'] === 'string' ? task['name'] : id
  const command = isFields(task['command']) ? task['command'] : {}
  const seconds = numberOf(task['runtimeInSeconds']) ?? numberOf(task['runtime'])
  const given = command['arguments']
  return {
    id,
    name,
    needs,
    program: programOf(command['program'], name),
    arguments: Array.isArray(given) ? given.map(String) : [],
    runtimeMs: seconds === undefined ? undefined : seconds * 1000,
    memoryBytes: numberOf(task['memoryInBytes']),
    inputFiles: filesOf(task, 'inputFiles', 'input', bytes),
    outputFiles: filesOf(task, 'outputFiles', 'output', bytes),
  }
}

/** A path or a whole command line is not a name for a kind of task; the task's own name without its number is. */
function programOf(program: unknown, name: string): string {
  if (typeof program === 'string' && /^[A-Za-z][\w.+-]*$/.test(program)) return program
  return name.replace(/_?(?:ID)?\d+$/, '') || 'task'
}

function filesOf(task: Fields, key: string, link: string, bytes: ReadonlyMap<string, number>): readonly RecordedFile[] {
  const ids = task[key]
  if (Array.isArray(ids)) return ids.map((id: unknown) => ({ name: String(id), bytes: bytes.get(String(id)) }))
  const files: readonly unknown[] = Array.isArray(task['files']) ? task['files'] : []
  return files
    .filter((file): file is Fields => isFields(file) && file['link'] === link)
    .map((file) => ({ name: String(file['id'] ?? file['name']), bytes: numberOf(file['sizeInBytes']) ?? numberOf(file['size']) }))
}

function bytesByFile(files: unknown): ReadonlyMap<string, number> {
  return new Map([...byId(files)].map(([id, file]) => [id, numberOf(file['sizeInBytes']) ?? 0]))
}

function byId(list: unknown): ReadonlyMap<string, Fields> {
  const found: readonly unknown[] = Array.isArray(list) ? list : []
  return new Map(found.filter(isFields).flatMap((item) => (idOf(item) === undefined ? [] : [[idOf(item) as string, item]])))
}

function idOf(task: Fields): string | undefined {
  const id = task['id'] ?? task['name']
  return typeof id === 'string' && id !== '' ? id : undefined
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
