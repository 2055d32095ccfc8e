import { RUN_STATE_NAMES, RUN_STATES, SymphonyError } from '@symphony/interface'
import type { RunId, RunPage, RunQuery, RunStateName, RunSummary } from '@symphony/interface'
import { FOUND_RUNS_MAX } from '../limits.ts'
import { suggestion } from '../definition/nearest.ts'
import type { DagState, RunData } from '../state.ts'
import { checkWishes, passesAll, runsThatMayPass } from './attribute-tests.ts'
import { NO_ATTRIBUTES } from './attributes.ts'

const KEYS: ReadonlySet<string> = new Set([
  'workflow', 'state', 'tenant', 'attributes', 'startedAfterMs', 'startedBeforeMs', 'parent', 'limit', 'after',
])
const DEFAULT_LIMIT = 100

/**
 * Looks through the runs that are kept, newest first: those with the rarest of the wanted values of attributes, or the children of the wanted
 * parent, if there are such wishes, else all. Columns are compared before anything on the heap is looked at.
 */
export function findRuns(state: DagState, query: RunQuery): RunPage {
  const { limit = DEFAULT_LIMIT } = query
  check(query, limit)
  const { order } = state.tables.region.tables.runs.columns
  const before = query.after === undefined ? Infinity : Number(query.after)
  const wishes = checkWishes(query.attributes)
  const matches = matcher(state, query, wishes)
  const found: RunData[] = []
  // One more than asked for tells whether there are others.
  const rows = candidates(state, query, wishes)
  for (let at = rows.length - 1; at >= 0 && found.length <= limit; at--) {
    const row = rows[at] as number
    if ((order[row] as number) < before && matches(row)) found.push(state.run(row))
  }
  const page = found.slice(0, limit)
  const last = page.at(-1)
  return { runs: page.map((data) => summaryOf(state, data)), next: found.length > limit && last !== undefined ? String(order[last.row]) : undefined }
}

/** Rows among which all matches are, oldest first. */
function candidates(state: DagState, { parent }: RunQuery, wishes: ReturnType<typeof checkWishes>): readonly number[] {
  const { order } = state.tables.region.tables.runs.columns
  const oldestFirst = (a: number, b: number): number => (order[a] as number) - (order[b] as number)
  if (wishes.length > 0) return [...runsThatMayPass(state.managed, wishes)].sort(oldestFirst)
  const above = parent === undefined ? undefined : state.findRun(parent)?.row
  // Children of a run that was forgotten still say whose they were.
  return above === undefined ? Array.from(state.runsById.values(), ({ row }) => row) : [...(state.managed.children.get(above) ?? [])]
}

function matcher(state: DagState, query: RunQuery, wishes: ReturnType<typeof checkWishes>): (row: number) => boolean {
  const t = state.tables
  const { tenant, startedAtMs } = t.region.tables.runs.columns
  const states = query.state === undefined ? undefined : [query.state].flat().map((name) => RUN_STATE_NAMES.indexOf(name))
  // A tenant nobody knows matches nothing.
  const tenantNumber = query.tenant === undefined ? undefined : (state.tenantNumbers.get(query.tenant) ?? -1)
  const { startedAfterMs = -Infinity, startedBeforeMs = Infinity, workflow, parent } = query
  return (row) => {
    if (states !== undefined && !states.includes(t.runState[row] as number)) return false
    if (tenantNumber !== undefined && tenant[row] !== tenantNumber) return false
    const startedMs = startedAtMs[row] as number
    if (startedMs <= startedAfterMs || startedMs >= startedBeforeMs) return false
    if (workflow !== undefined && state.run(row).template.compiled.name !== workflow) return false
    if (parent !== undefined && state.managed.parents.get(row)?.runId !== parent) return false
    return wishes.length === 0 || passesAll(state.managed.attributes.get(row), wishes)
  }
}

function summaryOf(state: DagState, data: RunData): RunSummary {
  const t = state.tables
  const { columns } = t.region.tables.runs
  const { row } = data
  const runState = t.runState[row] as number
  return {
    id: data.id,
    workflow: data.template.compiled.name,
    version: data.template.compiled.version,
    state: RUN_STATE_NAMES[runState] as RunStateName,
    tenant: state.tenants[columns.tenant[row] as number] as string,
    priority: columns.priority[row] as number,
    startedAtMs: columns.startedAtMs[row] as number,
    endedAtMs: runState >= RUN_STATES.SUCCEEDED ? (columns.endedAtMs[row] as number) : undefined,
    attributes: state.managed.attributes.get(row) ?? NO_ATTRIBUTES,
    parent: state.managed.parents.get(row)?.runId as RunId | undefined,
  }
}

function check(query: RunQuery, limit: number): void {
  for (const key in query) {
    if (!KEYS.has(key)) throw refused('UNKNOWN_KEY', `findRuns has no key "${key}"${suggestion(key, KEYS) || '.'}`)
  }
  if (!Number.isInteger(limit) || limit < 1 || limit > FOUND_RUNS_MAX) throw refused('INVALID_ARGUMENT', `limit must be a whole number from 1 to ${FOUND_RUNS_MAX}, not ${limit}.`)
  if (query.after !== undefined && !/^\d+$/.test(query.after)) throw refused('INVALID_ARGUMENT', 'after must be `next` of an earlier answer.')
  for (const name of query.state === undefined ? [] : [query.state].flat()) {
    if (!RUN_STATE_NAMES.includes(name)) throw refused('INVALID_ARGUMENT', `There is no run state "${String(name)}"${suggestion(name, Object.keys(RUN_STATES).map((key) => key.toLowerCase())) || '.'}`)
  }
}

function refused(code: 'UNKNOWN_KEY' | 'INVALID_ARGUMENT', message: string): SymphonyError {
  return new SymphonyError({ code, component: '@symphony/dag', message })
}
