/** A simulation in which something did not hold. The seed repeats it. */
export class SimulationFailure extends Error {
  readonly seed: number
  /** What did not hold, in the order in which it was seen. */
  readonly violations: readonly string[]

  constructor(seed: number, violations: readonly string[], cause?: unknown) {
    super(`Seed ${seed}: ${violations.join('\n- ')}\nRepeat it with { seed: ${seed} }.`, cause === undefined ? undefined : { cause })
    this.name = 'SimulationFailure'
    this.seed = seed
    this.violations = violations
  }
}
