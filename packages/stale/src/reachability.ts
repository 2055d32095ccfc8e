/** Everything that can be reached from the roots by links, the roots included. Cycles are no trouble. */
export function reachableFrom(roots: Iterable<string>, links: (id: string) => Iterable<string>): ReadonlySet<string> {
  const seen = new Set(roots)
  // A set hands out what is added to it while it is walked: it is its own work list.
  for (const id of seen) {
    for (const next of links(id)) seen.add(next)
  }
  return seen
}
