/**
 * What unwinds the code of a process that has just died. No error of the contract: whoever catches it and goes on finds that every
 * later call throws it again, so nothing it does after its death reaches the files.
 */
export class CrashSignal extends Error {
  /** Number of the operation during which the process died. */
  readonly operation: number

  constructor(operation: number) {
    super(`The simulated process died at operation ${operation}.`)
    this.name = 'CrashSignal'
    this.operation = operation
  }
}
