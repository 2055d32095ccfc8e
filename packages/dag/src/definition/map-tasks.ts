import type { ArtifactRef, Json, MapSpec, TaskContext, TaskSpec, TaskType, WorkflowSpec } from '@symphony/interface'
import { SymphonyError } from '@symphony/interface'
import { KINDS } from '../layout.ts'
import type { CompiledTemplate } from './template.ts'

// A task with `map` is short for three things: a task that finds out how long the list is and adds as many tasks as it has
// elements, the type of these, and a task under the id itself that gathers what they leave. Nothing below the definition
// knows of it.

const MAP_KEYS: ReadonlySet<string> = new Set(['over', 'failures', 'params'])

/** A definition with every `map` written out. The same object when there is none. */
export function withMapsWrittenOut(spec: WorkflowSpec): WorkflowSpec {
  if (!Array.isArray(spec?.tasks) || !spec.tasks.some((task: TaskSpec) => isMap(task?.map))) return spec
  const types: TaskType[] = [...(spec.types ?? [])]
  const tasks = spec.tasks.flatMap((task): readonly TaskSpec[] => {
    if (!isMap(task?.map)) return [task]
    const itemType = itemTypeOf(task.id, task.map, types)
    return [eachTask(task, task.map, itemType), gatherTask(task, task.map)]
  })
  return { ...spec, types, tasks }
}

/**
 * Where something stands in a definition that has maps, by its path in the one where they are written out: those of both tasks of a map
 * are its own, those of the type of its elements are the map's.
 */
export function pathBeforeMaps(spec: WorkflowSpec): (path: string) => string {
  const tasks = spec.tasks.flatMap((task, place) => (isMap(task?.map) ? [place, place] : [place]))
  const own = spec.types?.length ?? 0
  const maps = spec.tasks.flatMap((task, place) => (isMap(task?.map) && task.map.type === undefined ? [place] : []))
  return (path) => path.replace(/^(tasks|types)\[(\d+)\]/, (whole, list: string, at: string) => {
    const place = Number(at)
    if (list === 'tasks') return `tasks[${tasks[place] ?? place}]`
    return place < own ? whole : `tasks[${maps[place - own] ?? place}].map`
  })
}

/** Id of the task that adds a task for each element. */
export function eachId(id: string): string {
  return `${id}.each`
}

/** What adds the elements of maps. */
const adders = new WeakSet<object>()

/**
 * Node of the task that adds the elements of a task with `map`, or -1. A definition out of the log is told by its form alone.
 * @param spec the definition, written out
 */
export function eachOf({ index, ids, inStart, inFrom, inKind }: CompiledTemplate, spec: WorkflowSpec, id: string): number {
  const node = index.get(id)
  if (node === undefined || (inStart[node + 1] as number) - (inStart[node] as number) !== 1) return -1
  const edge = inStart[node] as number
  const need = inFrom[edge] as number
  if (ids[need] !== eachId(id) || inKind[edge] !== KINDS.HARD) return -1
  const run = spec.tasks[need]?.run
  return run === undefined || adders.has(run) ? need : -1
}

function isMap(map: unknown): map is MapSpec {
  return typeof map === 'object' && map !== null && (typeof (map as MapSpec).over === 'string' || typeof (map as MapSpec).over === 'function')
}

/** The type elements are done by: one that is named, or one made of what the map says. */
function itemTypeOf(id: string, map: MapSpec, types: TaskType[]): string {
  if (map.type !== undefined) return map.type
  const name = `${id}[]`
  const way = Object.fromEntries(Object.entries(map).filter(([key]) => !MAP_KEYS.has(key)))
  types.push({ ...way, name })
  return name
}

function eachTask(task: TaskSpec, map: MapSpec, type: string): TaskSpec {
  const { over, params = null, failures = 'raise' } = map
  const { id, needs, join, when } = task
  const kind = failures === 'raise' ? 'hard' : 'soft'
  const run = (context: TaskContext): number => {
    const list = typeof over === 'string' ? context.inputs.get(over) : over(context)
    if (!Array.isArray(list)) throw notAList(id, over, list)
    const ref = typeof over === 'string' ? (context.inputs.ref(over) as ArtifactRef) : context.store(list as Json)
    if (list.length > 0) context.expand({ tasks: [], ranges: [{ prefix: id, count: list.length, type, params: { $list: ref, params }, feeds: [{ task: id, kind }] }] })
    return list.length
  }
  adders.add(run)
  return {
    id: eachId(id),
    ...(needs === undefined ? {} : { needs }),
    ...(join === undefined ? {} : { join }),
    ...(when === undefined ? {} : { when }),
    run,
  }
}

/** What the elements have left, in their order. */
function gatherTask(task: TaskSpec, { failures = 'raise' }: MapSpec): TaskSpec {
  const { id, map: _map, needs: _needs, join: _join, when: _when, ...rest } = task
  return {
    ...rest,
    id,
    needs: [eachId(id)],
    run({ inputs }: TaskContext) {
      const count = inputs.get(eachId(id)) as number
      const values: unknown[] = []
      for (let index = 0; index < count; index++) {
        const item = `${id}[${index}]`
        if (inputs.outcome(item) === 'succeeded') values.push(inputs.get(item) ?? null)
        else if (failures === 'keep') values.push(null)
      }
      return values
    },
  }
}

function notAList(id: string, over: MapSpec['over'], found: unknown): SymphonyError {
  const source = typeof over === 'string' ? `the output of "${over}"` : 'what `over` returned'
  return new SymphonyError({
    code: 'TASK_FAILED',
    component: '@symphony/dag',
    message: `Task "${id}" maps over ${source}, which is ${found === null ? 'null' : typeof found}, not an array.`,
    retryable: false,
  })
}
