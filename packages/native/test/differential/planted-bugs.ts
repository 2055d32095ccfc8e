import type { DagBackend, DagTables } from '@symphony/dag/for-backends'

type Bug = (backend: DagBackend) => Partial<DagBackend>

/** Does something to the region after a command, when it finds where. */
const after = (name: 'complete' | 'fail' | 'skip' | 'wake' | 'begin' | 'postpone', spoil: (t: DagTables, task: number) => void): Bug => (backend) => ({
  [name]: (t: DagTables, task: number, ...more: number[]) => {
    ;(backend[name] as (t: DagTables, task: number, ...more: number[]) => void)(t, task, ...more)
    spoil(t, task)
  },
})

/** Each is a mistake somebody could make when moving a transition to another language. The stream has to find every one. */
export const PLANTED_BUGS: Readonly<Record<string, Bug>> = {
  'a success does not say when': after('complete', (t, task) => void (t.taskEndedAtMs[task] = 0)),
  'what becomes ready does so a moment early': after('complete', (t) => {
    const last = (t.readyTail[0] as number) - 1
    if (last >= 0) t.taskReadyAtMs[last]!--
  }),
  'a failure is counted although it is allowed': after('fail', (t, task) => {
    if (((t.taskFlags[task] as number) & 1) !== 0) t.region.tables.runs.columns.failures[t.taskRun[task] as number]!++
  }),
  'an absorbed failure is not marked': after('fail', (t, task) => void (t.taskFlags[task]! &= ~8)),
  'what is skipped keeps its attempt': (backend) => ({
    skip(t, task, nowMs) {
      const attempt = t.taskAttempt[task] as number
      backend.skip(t, task, nowMs)
      t.taskAttempt[task] = attempt
    },
  }),
  'what waits keeps its token': (backend) => ({
    postpone(t, task, dueAtMs) {
      const token = t.taskToken[task] as number
      backend.postpone(t, task, dueAtMs)
      t.taskToken[task] = token
    },
  }),
  'what is cancelled is due all the same': (backend) => ({
    cancel(t, first, count, nowMs) {
      const dues = t.taskDueAtMs.slice(first, first + count)
      backend.cancel(t, first, count, nowMs)
      t.taskDueAtMs.set(dues, first)
    },
  }),
  'the queue gives the newest first': (backend) => ({
    take(t, into) {
      const count = backend.take(t, into)
      into.subarray(0, count).reverse()
      return count
    },
  }),
  'what was taken is not marked': (backend) => ({
    take(t, into) {
      const count = backend.take(t, into)
      for (const task of into.subarray(0, count)) t.queuePrev[task] = 0
      return count
    },
  }),
  'the last move of a long cascade is not told': after('complete', (t) => {
    if (t.traceLength > 8) t.traceLength -= 2
  }),
  'the end of a run is told twice': after('complete', (t) => void t.endedRuns.push(...t.endedRuns)),
  'tokens of a batch begin one too high': (backend) => ({
    beginMany: (t, tasks, count, tokens, token, nowMs) => backend.beginMany(t, tasks, count, tokens, token + 1, nowMs),
  }),
  'a batch is made from the back': (backend) => ({
    completeMany: (t, tasks, count, nowMs) => backend.completeMany(t, tasks.slice(0, count).reverse(), count, nowMs),
  }),
  'spare rows of a run belong to it': (backend) => ({
    start(t, columns, types, ranks, init) {
      const run = backend.start(t, columns, types, ranks, init)
      const { taskBase, taskCount, taskCapacity } = t.region.tables.runs.columns
      t.taskRun.fill(run, (taskBase[run] as number) + (taskCount[run] as number), (taskBase[run] as number) + (taskCapacity[run] as number))
      return run
    },
  }),
  'links of a freed run are lost': (backend) => ({
    free(t, run) {
      const base = t.runTaskBase[run] as number
      t.taskExtraOut.fill(0, base, base + (t.region.tables.runs.columns.taskCount[run] as number))
      backend.free(t, run)
    },
  }),
}

/** Those that the plain rules find when both sides have them. The others are about bytes whose meaning the rules do not know. */
export const FOUND_BY_RULES: readonly string[] = [
  'a success does not say when', 'a failure is counted although it is allowed', 'what is skipped keeps its attempt', 'the queue gives the newest first',
]
