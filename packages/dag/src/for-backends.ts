/**
 * What another backend of the tracker is made against: the region, what its numbers mean, and the tracker's own backend to
 * measure by. Who only uses the tracker needs none of it.
 *
 * @example
 * // A backend that counts what it completes, and leaves the work to the tracker's own.
 * let completed = 0
 * tracker.attachBackend((own) => ({ ...own, complete: (...given) => { completed++; own.complete(...given) } }))
 *
 * @packageDocumentation
 */
export { typescriptBackend } from './dag-backend.ts'
export type { DagBackend } from './dag-backend.ts'
export { OPERATORS, TEST_STATES } from './definition/condition.ts'
export { DAG_LAYOUT, FIRST_QUEUED, FLAGS, KINDS, NOT_QUEUED, TAKEN } from './layout.ts'
export type { DagDeclaration } from './layout.ts'
export type { RunInit, StartColumns } from './run-table.ts'
export { DagTables } from './tables.ts'
export type { TableSizes } from './tables.ts'
export { LEGAL_MOVES } from './transitions.ts'
