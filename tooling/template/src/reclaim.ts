import type { ReclaimPlan, ReclaimPolicy } from '@symphony/interface'

/** What reclaiming came to. */
export interface Reclaimed {
  reclaimed: number
  freedBytes: number
}

/**
 * Lets go of what policies name, in their order, while there is pressure and time. A policy that throws is skipped; its name
 * and error are the answer's `failures`.
 */
export function reclaimAll(policies: readonly ReclaimPolicy[], isOver: () => boolean): Reclaimed & { readonly failures: readonly string[]; readonly more: boolean } {
  const total: Reclaimed = { reclaimed: 0, freedBytes: 0 }
  const failures: string[] = []
  for (const policy of policies) {
    if (isOver()) return { ...total, failures, more: true }
    try {
      reclaimFor(policy, isOver, total)
    } catch (error) {
      failures.push(`policy "${policy.name}" was skipped: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  return { ...total, failures, more: isOver() && policies.some(isPressed) }
}

function reclaimFor(policy: ReclaimPolicy, isOver: () => boolean, total: Reclaimed): void {
  if (policy.pressureBytes() <= 0) return
  for (const candidate of policy.candidates()) {
    if (policy.reclaim(candidate)) {
      total.reclaimed++
      total.freedBytes += candidate.sizeBytes
    }
    if (isOver() || policy.pressureBytes() <= 0) return
  }
}

function isPressed(policy: ReclaimPolicy): boolean {
  try {
    return policy.pressureBytes() > 0
  } catch {
    // It was named as a failure already; it does not ask for another sweep.
    return false
  }
}

/** What a sweep would let go, without letting it go. */
export function planFor(policy: ReclaimPolicy): ReclaimPlan | undefined {
  const wantedBytes = policy.pressureBytes()
  if (wantedBytes <= 0) return undefined
  const candidates = []
  let freedBytes = 0
  for (const candidate of policy.candidates()) {
    candidates.push(candidate)
    freedBytes += candidate.sizeBytes
    if (freedBytes >= wantedBytes) break
  }
  return { policy: policy.name, candidates, freedBytes }
}
