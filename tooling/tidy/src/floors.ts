/**
 * The floors of the house, ground up. A package may import what lies below it, never up or sideways.
 * docs/architecture.md draws the same picture; a new package gets its number here.
 */
export const FLOORS: Readonly<Record<string, number>> = {
  '@symphony/interface': 0,
  '@symphony/ports': 1,
  '@symphony/shared-memory': 1,
  '@symphony/journal': 2,
  '@symphony/conformance': 2,
  '@symphony/pool': 3,
  '@symphony/dag': 3,
  '@symphony/artifacts': 3,
  '@symphony/arbitration': 3,
  '@symphony/stale': 3,
  '@symphony/conductor': 3,
  '@symphony/models': 3,
  '@symphony/native': 3,
  '@symphony/runtime': 4,
  '@symphony/docket': 5,
  '@symphony/host': 6,
}

/** Never imported by the source of anything: they look at packages from outside. */
export const OUTSIDERS: readonly string[] = ['@symphony/conformance', '@symphony/bench', '@symphony/crates', '@symphony/tidy', '@symphony/template', '@symphony/torture']

/** Where time and chance are injected, so that a run can be repeated. */
export const CORE_FOLDERS: readonly string[] = [
  'packages/ports',
  'packages/shared-memory',
  'packages/journal',
  'packages/pool',
  'packages/dag',
  'packages/artifacts',
  'packages/arbitration',
  'packages/stale',
  'packages/conductor',
  'packages/runtime',
]
