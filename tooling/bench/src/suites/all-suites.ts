import type { Benchmark, Group } from '../benchmark.ts'

/** A suite is loaded when it is wanted: one that cannot be loaded does not keep the others from running. */
export interface Suite {
  readonly group: Group
  load(): Promise<{ readonly benchmarks: readonly Benchmark[] }>
}

export const ALL_SUITES: readonly Suite[] = [
  { group: 'DAG', load: () => import('./dag.ts') },
  { group: 'Artifacts', load: () => import('./artifacts.ts') },
  { group: 'Arbitration', load: () => import('./arbitration.ts') },
  { group: 'Stale', load: () => import('./stale.ts') },
  { group: 'Journal', load: () => import('./journal.ts') },
  { group: 'Shared memory', load: () => import('./shared-memory.ts') },
]
