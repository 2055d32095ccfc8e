import type { CommandDescription, ErrorData, Json } from '@symphony/interface'
import { ByteReader } from '@symphony/shared-memory'
import { COMMANDS, HAS, readOptional, readRef } from './commands.ts'
import { taskId } from './definition/task-id.ts'
import { rangesOf } from './run-table.ts'
import { RUN_COMMANDS } from './runs/run-command-numbers.ts'
import type { DagState } from './state.ts'

type Fields = { readonly [key: string]: Json }
type Describe = (state: DagState, reader: ByteReader) => Omit<CommandDescription, 'name'>

const NAMES: ReadonlyMap<number, string> = new Map(
  [...Object.entries(COMMANDS), ...Object.entries(RUN_COMMANDS)].map(([name, type]) => [type, name.toLowerCase().replaceAll('_', '-')]),
)

/** What a command says, with the names its rows have before it is applied. Undefined for what cannot be read; changes nothing. */
export function describeCommand(state: DagState, type: number, body: Uint8Array): CommandDescription | undefined {
  const name = NAMES.get(type)
  if (name === undefined) return undefined
  try {
    return { name, ...(DESCRIBE[type] ?? describeFields)(state, new ByteReader(body)) }
  } catch {
    // Bytes of a shape this command never has; or rows of a state that is not the one before it.
    return undefined
  }
}

const DESCRIBE: Readonly<Record<number, Describe>> = {
  [COMMANDS.OPENED]: (_state, reader) => ({ fields: { epoch: reader.f64() } }),
  [COMMANDS.DEFINE]: (_state, reader) => {
    const fields = { workflow: reader.string(), version: reader.string() }
    reader.i32()
    reader.u32()
    reader.u32()
    return { fields: { ...fields, tasks: reader.u32() } }
  },
  [COMMANDS.UNDEFINE]: (state, reader) => ({ fields: template(state, reader.u32()) }),
  [COMMANDS.START]: (state, reader) => {
    const workflow = template(state, reader.u32())
    const [atMs, priority, run, tenant] = [reader.f64(), reader.f64(), reader.string(), reader.string()]
    return { run, fields: { ...workflow, tenant, priority, input: shortened(reader.json() as Json), atMs } }
  },
  [COMMANDS.COMPLETE]: describeComplete,
  [COMMANDS.FAIL]: (state, reader) => {
    const of = ofTask(state, reader.u32())
    const [attempt, startedAtMs, atMs, retryAtMs] = [reader.u32(), reader.f64(), reader.f64(), reader.f64()]
    const { code, message } = reader.json() as ErrorData
    return described(of, { attempt, startedAtMs, atMs, ...(retryAtMs === 0 ? {} : { retryAtMs }), code, message })
  },
  [COMMANDS.SKIP]: (state, reader) => described(ofTask(state, reader.u32()), { atMs: reader.f64(), ...reason(reader) }),
  [COMMANDS.EXPAND]: (state, reader) => described(ofTask(state, reader.u32()), { atMs: reader.f64(), adds: reader.u32() }),
  [COMMANDS.CANCEL]: (state, reader) => described(ofRun(state, reader.u32()), { atMs: reader.f64(), ...reason(reader) }),
  [COMMANDS.PAUSE]: (state, reader) => described(ofRun(state, reader.u32()), {}),
  [COMMANDS.RESUME]: (state, reader) => described(ofRun(state, reader.u32()), {}),
  [COMMANDS.SIGNAL]: (state, reader) => {
    const of = ofRun(state, reader.u32())
    const [atMs, signal] = [reader.f64(), reader.string()]
    return described(of, { atMs, signal, ...(reader.u8() === 0 ? {} : { payload: readRef(reader) }) })
  },
  [COMMANDS.WAKE]: (_state, reader) => ({ fields: { atMs: reader.f64() } }),
  [COMMANDS.RETRY]: (state, reader) => {
    reader.u32()
    return described(ofTask(state, reader.u32()), { atMs: reader.f64() })
  },
  [COMMANDS.FORGET]: (state, reader) => described(ofRun(state, reader.u32()), {}),
  [COMMANDS.WAIT]: (state, reader) => described(ofTask(state, reader.u32()), { untilMs: reader.f64() }),
  [COMMANDS.PART]: (_state, reader) => ({ fields: { parts: reader.u32(), isFirst: reader.u8() === 1, bytes: reader.remaining } }),
  [COMMANDS.MERGING]: () => ({ fields: {} }),
  [COMMANDS.DEFINE_PARTS]: (_state, reader) => ({ fields: { parts: reader.u32() } }),
  [COMMANDS.EXPAND_PARTS]: (state, reader) => described(ofTask(state, reader.u32()), { atMs: reader.f64(), parts: reader.u32() }),
  [COMMANDS.IN_PARTS]: (_state, reader) => {
    const parts = reader.u32()
    return { fields: { parts, command: NAMES.get(reader.u32()) ?? null } }
  },
  [RUN_COMMANDS.AWAIT_CHILD]: (state, reader) => described(ofTask(state, reader.u32()), { attempt: reader.u32(), startedAtMs: reader.f64(), atMs: reader.f64() }),
}

function describeComplete(state: DagState, reader: ByteReader): Omit<CommandDescription, 'name'> {
  const of = ofTask(state, reader.u32())
  const [attempt, startedAtMs, atMs, flags] = [reader.u32(), reader.f64(), reader.f64(), reader.u8()]
  const has = (flag: number): boolean => (flags & flag) !== 0
  const output = has(HAS.OUTPUT) ? { output: readRef(reader) } : {}
  const routes = has(HAS.ROUTES) ? { goesOnTo: Array.from({ length: reader.u32() }, () => ofTask(state, reader.u32()).task ?? null) } : {}
  const more = has(HAS.PARTS) ? { parts: reader.u32() } : has(HAS.EXPANSION) ? { adds: reader.u32() } : {}
  const marks = { ...(has(HAS.RECALLED) ? { recalled: true } : {}), ...(has(HAS.DEFAULTED) ? { defaulted: true } : {}) }
  return described(of, { attempt, ...(startedAtMs === 0 ? {} : { startedAtMs }), atMs, ...marks, ...output, ...routes, ...more })
}

/** A command about runs as wholes: its fields are JSON, with rows in some of them. */
function describeFields(state: DagState, reader: ByteReader): Omit<CommandDescription, 'name'> {
  const { run, source, task, tasks, template: number, nowMs, input, ...rest } = reader.json() as { readonly [key: string]: Json }
  const of = typeof run === 'number' ? ofRun(state, run) : typeof task === 'number' ? ofTask(state, task) : typeof rest['id'] === 'string' && number !== undefined ? { run: rest['id'] } : {}
  const fork = typeof source === 'number' ? { run: rest['id'] as string, from: ofRun(state, source).run ?? source } : undefined
  return described(fork === undefined ? of : { run: fork.run }, {
    ...(fork === undefined ? {} : { from: fork.from }),
    ...(typeof number === 'number' ? template(state, number) : {}),
    ...(Array.isArray(tasks) ? { tasks: (tasks as readonly number[]).map((row) => ofTask(state, row).task ?? row) } : {}),
    ...(rest as Fields),
    ...(input === undefined ? {} : { input: shortened(input) }),
    ...(nowMs === undefined ? {} : { atMs: nowMs }),
  })
}

interface About {
  readonly run?: string
  readonly task?: string
  /** The row, where it has no name. */
  readonly row?: number
}

function described({ row, ...about }: About, fields: Fields): Omit<CommandDescription, 'name'> {
  return { ...about, fields: row === undefined ? fields : { row, ...fields } }
}

function ofRun(state: DagState, row: number): About {
  const data = state.runs[row]
  return data === undefined ? { row } : { run: data.id }
}

function ofTask(state: DagState, row: number): About {
  const run = state.tables.taskRun[row] ?? -1
  const data = run < 0 ? undefined : state.runs[run]
  // Rows nobody has are zeroes, which is a run's row too.
  const isIts = data !== undefined && rangesOf(state.tables, run).some(([first, count]) => row >= first && row < first + count)
  return isIts ? { run: data.id, task: taskId(state, data, row) } : { row }
}

function template(state: DagState, number: number): Fields {
  const compiled = state.templates[number]?.compiled
  return compiled === undefined ? { template: number } : { workflow: compiled.name, version: compiled.version }
}

function reason(reader: ByteReader): Fields {
  const text = readOptional(reader)
  return text === undefined ? {} : { reason: text }
}

const JSON_TEXT_MAX = 1024

/** What is large is counted. */
function shortened(value: Json): Json {
  const { length } = JSON.stringify(value)
  return length <= JSON_TEXT_MAX ? value : { omittedCharacters: length }
}
