import type { ByteReader, ByteWriter } from '@symphony/shared-memory'
import type { DagState } from '../state.ts'

/** A command as one thing: its number, its bytes, and what it does. Live calls and replay go through the same `apply`. */
export interface RunCommand<F, R = void> {
  /** Fixed for ever: it is written into logs. */
  readonly type: number
  write(w: ByteWriter, fields: F): void
  read(r: ByteReader): F
  apply(state: DagState, fields: F): R
}

/**
 * A command whose fields are written as JSON: for what happens once in the life of a run, not once a task. Fields are plain data
 * without `undefined`.
 */
export function jsonCommand<F, R>(type: number, apply: (state: DagState, fields: F) => R): RunCommand<F, R> {
  return {
    type,
    write: (w, fields) => void w.json(fields),
    read: (r) => r.json() as F,
    apply,
  }
}
