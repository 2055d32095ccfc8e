import type { Json, TaskFunction, TaskSpec, TaskType, WorkflowSpec } from '@symphony/interface'
import { invalidDefinition } from './definition-problems.ts'
import { readRecords } from './wf-records.ts'
import type { RecordedTask } from './wf-records.ts'

export interface WfFormatOptions {
  /** Default: the trace's own name. */
  readonly name?: string
  /** Default: none, which is version `1`. */
  readonly version?: string
  /** Recorded times below this count as this, ms: traces round very short tasks to 0. Default 10. */
  readonly expectedMsMin?: number
  /** What a task does, as fields of its spec. Default: nothing, at once. */
  readonly task?: (recorded: RecordedTask) => Partial<Omit<TaskSpec, 'id' | 'needs'>>
}

/** Stands for the recorded program, which is not here. */
const DOES_NOTHING: TaskFunction = () => null

/**
 * Reads a workflow from a trace or a recipe in WfCommons' WfFormat, versions 1.4 and 1.5 (https://docs.wfcommons.org): its tasks, their needs
 * from parents and children, the recorded times as `expectedMs`, and program, arguments and files as `params`. Each program is a type
 * of the workflow.
 * @throws SymphonyError `WORKFLOW_INVALID` with all problems by path
 * @example
 * const spec = fromWfFormat(JSON.parse(readFileSync('montage.json', 'utf8')), { task: ({ program }) => ({ model: program }) })
 */
export function fromWfFormat(json: unknown, options: WfFormatOptions = {}): WorkflowSpec {
  const problems: string[] = []
  const trace = readRecords(json, problems)
  if (problems.length > 0) throw invalidDefinition('trace', problems)
  const { expectedMsMin = 10, version } = options
  const name = options.name ?? trace.name
  const types = [...new Set(trace.tasks.map((task) => task.program))].map((program): TaskType => ({ name: program, run: DOES_NOTHING }))
  const tasks = trace.tasks.map((task): TaskSpec => {
    const own = options.task?.(task) ?? {}
    const says = own.type !== undefined || own.run !== undefined || own.model !== undefined || own.waitFor !== undefined
    return {
      id: task.id,
      // What the task does itself stands alone: a type that also says what to do would contradict it.
      ...(says ? undefined : { type: task.program }),
      ...(task.needs.length === 0 ? undefined : { needs: task.needs }),
      params: paramsOf(task),
      ...(task.runtimeMs === undefined ? undefined : { expectedMs: Math.max(expectedMsMin, task.runtimeMs) }),
      ...(task.memoryBytes === undefined ? undefined : { memoryBytes: task.memoryBytes }),
      ...own,
    }
  })
  const used = new Set(tasks.map((task) => task.type))
  return { name, ...(version === undefined ? undefined : { version }), types: types.filter((type) => used.has(type.name)), tasks }
}

function paramsOf({ program, arguments: given, inputFiles, outputFiles }: RecordedTask): Json {
  return { program, arguments: given, inputFiles: inputFiles.map(asJson), outputFiles: outputFiles.map(asJson) }
}

function asJson({ name, bytes }: RecordedTask['inputFiles'][number]): Json {
  return bytes === undefined ? { name } : { name, bytes }
}
