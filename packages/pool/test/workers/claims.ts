/** Who holds what, kept beside the pool by all threads: the pool is right as long as nobody finds a contradiction here. */
export const HELD: { bytes(instances: number): number } = { bytes: (instances) => instances * 16 }

/** Notes one more holder of an instance. Returns 1 if there are more than it has slots, or if its token did not rise; else 0. */
export function claim(claims: SharedArrayBuffer, instance: number, slots: number, token: number): number {
  const holders = Atomics.add(new Int32Array(claims, instance * 16, 1), 0, 1) + 1
  if (holders > slots) return 1
  if (slots > 1) return 0
  // With one slot, whoever holds it is alone here.
  const last = new Float64Array(claims, instance * 16 + 8, 1)
  const hasRisen = token > (last[0] as number)
  last[0] = token
  return hasRisen ? 0 : 1
}

export function unclaim(claims: SharedArrayBuffer, instance: number): void {
  Atomics.sub(new Int32Array(claims, instance * 16, 1), 0, 1)
}
