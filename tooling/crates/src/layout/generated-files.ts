import { DAG_LAYOUT, FIRST_QUEUED, FLAGS, KINDS, LEGAL_MOVES, NOT_QUEUED, OPERATORS, TAKEN, TEST_STATES } from '@symphony/dag/for-backends'
import { RUN_STATES, TASK_STATES } from '@symphony/interface'
import { POOL_LAYOUT, SLOTS_PER_GATE } from '@symphony/pool'
import type { Layout } from '@symphony/shared-memory'
import { rustSource } from './rust-source.ts'
import type { SharedConstant } from './rust-source.ts'

function named(prefix: string, values: Readonly<Record<string, number>>): readonly SharedConstant[] {
  return Object.entries(values).map(([name, value]) => ({ name: `${prefix}_${name}`, value }))
}

const dagConstants: readonly SharedConstant[] = [
  ...named('TASK', TASK_STATES),
  ...named('RUN', RUN_STATES),
  ...named('FLAG', FLAGS),
  ...named('KIND', KINDS),
  ...named('OPERATOR', OPERATORS),
  { name: 'TEST_STATES', value: TEST_STATES },
  { name: 'LEGAL_MOVES', value: LEGAL_MOVES },
  { name: 'NOT_QUEUED', value: NOT_QUEUED },
  { name: 'TAKEN', value: TAKEN },
  { name: 'FIRST_QUEUED', value: FIRST_QUEUED },
]

/** What is generated, by path from the root. */
export const GENERATED_FILES: Readonly<Record<string, () => string>> = {
  'packages/native/crates/symphony-layout/src/generated/dag.rs': () => rustSource(DAG_LAYOUT as unknown as Layout, dagConstants),
  'packages/native/crates/symphony-layout/src/generated/pool.rs': () => rustSource(POOL_LAYOUT as unknown as Layout, [{ name: 'SLOTS_PER_GATE', value: SLOTS_PER_GATE }]),
}
