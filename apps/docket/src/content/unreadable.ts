/**
 * Why something in the input could not be turned into text. Stable: reports, tests and metrics match on these.
 * A hostile or broken input always ends as one of them, never as an exception.
 */
export type UnreadableCode =
  | 'too-large'
  | 'symlink'
  | 'symlink-dangling'
  | 'symlink-loop'
  | 'not-a-file'
  | 'permission-denied'
  | 'read-failed'
  | 'empty'
  | 'binary'
  | 'gzip-bomb'
  | 'gzip-damaged'
  | 'gzip-nested'
  | 'pdf-encrypted'
  | 'pdf-damaged'
  | 'pdf-pages'
  | 'image-damaged'

/** The verdict of a content function on an input it cannot use. JSON, so that it can be stored as a task's result. */
export interface UnreadableContent {
  readonly kind: 'unreadable'
  readonly code: UnreadableCode
  /** One sentence for people. */
  readonly reason: string
}

/** Builds the verdict; a function so that all verdicts have their keys in one order and hash alike. */
export function unreadable(code: UnreadableCode, reason: string): UnreadableContent {
  return { kind: 'unreadable', code, reason }
}

/** Tells whether a content function gave up on its input. */
export function isUnreadable(value: unknown): value is UnreadableContent {
  return typeof value === 'object' && value !== null && (value as { kind?: unknown }).kind === 'unreadable'
}
