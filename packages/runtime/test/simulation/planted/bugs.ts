/** One wrong piece of code. */
interface Edit {
  /** Below `packages/`. */
  readonly file: string
  /** Has to be there exactly once. */
  readonly find: string
  readonly replace: string
}

/** A bug that is planted into the kernel's own code as it is loaded, in a process of its own: the simulation has to see it. */
export interface PlantedBug {
  readonly name: string
  readonly edits: readonly Edit[]
}

export const BUGS: readonly PlantedBug[] = [
  {
    name: 'the end of a run is told before it is durable',
    edits: [{ file: 'conductor/src/end-waiters.ts', find: 'if (log.durableLsn >= log.lastLsn) return tell()', replace: 'return tell()' }],
  },
  {
    name: 'an effect outside does not wait for what it rests on',
    edits: [{ file: 'conductor/src/durable-rest.ts', find: 'return this.#log.durableLsn < this.#log.lastLsn', replace: 'return false' }],
  },
  {
    name: 'a late result is taken, and its token ignored',
    edits: [
      { file: 'conductor/src/attempts.ts', find: '    if (execution.isAborted) {\n      this.#late++\n      return this.#failed(execution, undefined)\n    }\n    if (execution.place < 0) return\n', replace: '' },
      { file: 'dag/src/dag-tracker.ts', find: "if (!this.#accepts(task, token, 'complete it')) return false", replace: '' },
      { file: 'dag/src/writer.ts', find: 't.taskState[task] === RUNNING && t.taskToken[task] === tokens[index]', replace: 't.taskState[task] === RUNNING' },
    ],
  },
  {
    name: 'tokens begin anew in every process',
    edits: [{ file: 'dag/src/writer.ts', find: 'const token = this.#tokenBase + ++this.#tokens\n    const nowMs', replace: 'const token = ++this.#tokens\n    const nowMs' }],
  },
  {
    name: 'a task that has succeeded runs again after recovery',
    edits: [{ file: 'dag/src/recovery.ts', find: '  if (before >= FIRST_FINAL) return false\n', replace: '  if (before === 4 && t.runDurableState[t.taskRun[task] as number] === 0) writeState(t, task, before, READY)\n  else if (before >= FIRST_FINAL) return false\n' }],
  },
  {
    name: 'the reference of an output is durable before its content',
    edits: [{ file: 'artifacts/src/pack-files.ts', find: 'this.#log.syncBefore(current.file, this.#writeCollected)', replace: 'this.#writeCollected()' }],
  },
  {
    name: 'a large content gets its name before its bytes are on the device',
    edits: [{ file: 'artifacts/src/large-files.ts', find: 'if (this.#isForced) this.#fileSystem.syncData(file)', replace: '' }],
  },
  {
    name: 'the name of a pack is not forced',
    edits: [{ file: 'artifacts/src/pack-files.ts', find: '    try {\n      this.#fileSystem.syncFolder(this.#folder)\n    } catch', replace: '    try {\n    } catch' }],
  },
  {
    name: 'a checkpoint is written without one component',
    edits: [{ file: 'runtime/src/checkpoints.ts', find: 'const sections = [...this.#parts].map(', replace: 'const sections = [...this.#parts].filter(([component]) => component !== 2).map(' }],
  },
  {
    name: 'recovery leaves out the last record',
    edits: [{ file: 'runtime/src/recovery.ts', find: 'journal?.replay(({ component, type, body, lsn }) => target', replace: 'journal?.replay(({ component, type, body, lsn }) => lsn < journal.lastLsn && target' }],
  },
  {
    name: 'a timer that has fired is not logged, and fires again after a restart',
    edits: [{ file: 'dag/src/writer.ts', find: 'if (this.#log !== undefined) this.#log.append(COMMANDS.WAKE, this.#body.reset().f64(nowMs).view())', replace: '' }],
  },
  {
    name: 'a retry is logged without its time',
    edits: [{ file: 'dag/src/writer.ts', find: '.f64(nowMs).f64(retryAtMs).json(error)', replace: '.f64(nowMs).f64(retryAtMs === 0 ? 0 : nowMs).json(error)' }],
  },
  {
    name: 'a slot is kept when an attempt takes too long',
    edits: [{ file: 'conductor/src/attempts.ts', find: 'if (execution.isInvoking) this.#whenFree()\n    else this.#end(execution)', replace: 'if (execution.isInvoking) this.#whenFree()\n    else this.#remove(execution)' }],
  },
  {
    name: 'a limit on what runs at once lets one more through',
    edits: [{ file: 'conductor/src/concurrency-gates.ts', find: 'while (gate.running < gate.max)', replace: 'while (gate.running <= gate.max)' }],
  },
  {
    name: 'undoing that a crash has kept from starting is forgotten',
    edits: [{ file: 'conductor/src/compensation.ts', find: 'for (const id of this.#dag.runs()) this.#recover(id)', replace: '' }],
  },
  {
    name: 'a checkpoint is read without its checksum',
    edits: [{ file: 'journal/src/checkpoint-file.ts', find: "if (Buffer.compare(createHash('sha256').update(content).digest(), bytes.subarray(content.length)) !== 0) return undefined", replace: '' }],
  },
  {
    name: 'a content is not held against its address when it is read',
    edits: [{ file: 'artifacts/src/folder-contents.ts', find: "return hash('sha256', bytes, 'hex') === (ref as string)", replace: 'return bytes.length >= 0 && ref.length > 0 && hash.length > 0' }],
  },
  {
    name: 'a clock that is set while something waits is not noticed',
    edits: [{ file: 'conductor/src/wake-timer.ts', find: 'this.#heartbeat ??= this.#turns.every?.(CLOCK_LOOK_MS, () => this.#look())', replace: '' }],
  },
  {
    name: 'slots that were lost with a backend that failed stay lost',
    edits: [{ file: 'pool/src/pool-supervision.ts', find: 'const repaired = repairSlots(region, backend instanceof GuardedBackend ? backend.handedOut : undefined, this.#hasOthers())', replace: 'const repaired: number = repairSlots.length * 0' }],
  },
  {
    name: 'nobody is told that a backend has failed',
    edits: [{ file: 'pool/src/pool-supervision.ts', find: 'for (const listener of this.#listeners) listener(this.#panic)', replace: '' }],
  },
  {
    name: 'an effect outside goes out under a token of which the log knows nothing yet, after the tracker was restored',
    edits: [{ file: 'conductor/src/attempts.ts', find: 'if (execution.isRenewed && this.#restsAnew(execution)) return', replace: '' }],
  },
]
