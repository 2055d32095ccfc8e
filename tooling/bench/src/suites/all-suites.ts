import type { Benchmark, Group } from '../benchmark.ts'

/** A suite is loaded when it is wanted: one that cannot be loaded does not keep the others from running. */
export interface Suite {
  readonly group: Group
  load(): Promise<{ readonly benchmarks: readonly Benchmark[] }>
}

export const ALL_SUITES: readonly Suite[] = [
  { group: 'Pool', load: () => import('./pool.ts') },
  { group: 'DAG', load: () => import('./dag.ts') },
  { group: 'End to end', load: () => import('./end-to-end.ts') },
  { group: 'Artifacts', load: () => import('./artifacts.ts') },
  { group: 'Arbitration', load: () => import('./arbitration.ts') },
  { group: 'Stale', load: () => import('./stale.ts') },
  { group: 'Journal', load: () => import('./journal.ts') },
  { group: 'In-process', load: () => import('./in-process.ts') },
  { group: 'Process', load: () => import('./process.ts') },
  { group: 'Shared memory', load: () => import('./shared-memory.ts') },
  { group: 'Native', load: () => import('./native.ts') },
]
