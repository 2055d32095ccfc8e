import type { LoadedModel } from '@symphony/interface'

/** What an instance says it occupies, or 0. */
export function measuredBytes(model: LoadedModel | undefined): number {
  try {
    const bytes = model?.memoryBytes?.() ?? 0
    return Number.isFinite(bytes) && bytes > 0 ? bytes : 0
  } catch {
    return 0
  }
}
