import type { Need } from '@symphony/interface'

/** The task everything of a document leads to. */
export const GATHER = 'archive'

/** Whatever becomes of a task that feeds this, the archive waits for it, and goes on without it if it fails. */
export const gathered: readonly Need[] = [{ task: GATHER, kind: 'soft' }]
