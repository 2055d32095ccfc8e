/** Something that is looked at in a state folder, and how it was found. */
export interface StateCheck {
  readonly name: 'format' | 'lock' | 'space' | 'log' | 'checkpoints' | 'state' | 'digests' | 'artifacts'
  /** `warn`: works, but deserves a look. `bad`: does not work, or something is lost. */
  readonly level: 'ok' | 'warn' | 'bad'
  readonly says: string
  /** What to do about it. */
  readonly next?: string
}
