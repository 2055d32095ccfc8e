import type { Problems } from './problems.ts'

/** How many needs a join asks for; 0 for all. Needs that come at run time are not known yet, so the count is checked apart. */
export function readJoin(join: unknown, path: string, problems: Problems): number {
  if (join === undefined || join === 'all') return 0
  if (join === 'any') return 1
  const least = typeof join === 'object' && join !== null ? (join as { readonly atLeast?: unknown }).atLeast : undefined
  const isOnlyKey = typeof join === 'object' && join !== null && Object.keys(join).length === 1
  if (isOnlyKey && Number.isInteger(least) && (least as number) >= 1) return least as number
  problems.add(path, 'must be "all", "any" or { atLeast: n } with a whole number, 1 or more')
  return 0
}

/** @param needs those that are waited for */
export function checkJoin(least: number, needs: number, path: string, problems: Problems): void {
  if (least <= needs) return
  const has = needs === 0 ? 'none that is waited for' : `only ${needs} that ${needs === 1 ? 'is' : 'are'} waited for`
  problems.add(path, `asks for ${least} of the needs, and there ${needs === 1 ? 'is' : 'are'} ${has}`)
}
