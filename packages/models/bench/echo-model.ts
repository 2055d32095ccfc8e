import type { LoadWorkerModel } from '@symphony/interface'

/** Gives back what it gets. */
export const load: LoadWorkerModel = () => ({ invoke: (input) => input })
