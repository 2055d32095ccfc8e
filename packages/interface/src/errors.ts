import type { Json } from './brands.ts'

/**
 * Every code a Symphony component may fail with, and what its user can do about it.
 *
 * `retryable` tells whether the same call may succeed later without a change by the caller.
 * The table is the contract with every backend: native code maps to the same codes.
 */
export const ERROR_CODES = {
  INVALID_ARGUMENT: { retryable: false, meaning: 'A value handed in is of the wrong kind or out of range.' },
  UNKNOWN_KEY: { retryable: false, meaning: 'A configuration or specification has a key nobody reads.' },
  NOT_FOUND: { retryable: false, meaning: 'The named thing does not exist here.' },
  ALREADY_EXISTS: { retryable: false, meaning: 'The name is taken by something different.' },
  CLOSED: { retryable: false, meaning: 'The component was closed.' },
  NOT_SUPPORTED: { retryable: false, meaning: 'This implementation does not offer the feature; its `supports` says so.' },
  ABORTED: { retryable: false, meaning: 'The caller aborted through its signal.' },
  TIMEOUT: { retryable: true, meaning: 'The time the caller allowed has passed.' },
  CAPACITY_EXCEEDED: { retryable: true, meaning: 'A fixed-size table is full; raise the named limit or wait.' },
  LAYOUT_MISMATCH: { retryable: false, meaning: 'The bytes were laid out by another version of the component.' },
  REGION_CORRUPT: { retryable: false, meaning: 'A shared region does not hold what its header promises.' },
  BACKEND_PANIC: { retryable: true, meaning: 'A backend failed inside; the component is quarantined until it is restored.' },

  POOL_EXHAUSTED: { retryable: true, meaning: 'No instance is free and the waiting line is full.' },
  MODEL_UNKNOWN: { retryable: false, meaning: 'No model of that name is registered.' },
  MODEL_LOAD_FAILED: { retryable: true, meaning: 'The runner could not load the model.' },
  MODEL_FAILED: { retryable: true, meaning: 'The model was invoked and failed.' },
  LEASE_EXPIRED: { retryable: false, meaning: 'The lease was released, expired or taken back; its holder may not use it.' },

  WORKFLOW_INVALID: { retryable: false, meaning: 'A workflow definition has problems; `details.problems` lists all of them.' },
  WORKFLOW_CYCLE: { retryable: false, meaning: 'Tasks depend on each other in a circle; `details.cycle` names them.' },
  WORKFLOW_UNKNOWN: { retryable: false, meaning: 'No workflow of that name and version is defined.' },
  WORKFLOW_FAILED: { retryable: false, meaning: 'A run ended with failed tasks; `details.failures` lists them.' },
  RUN_UNKNOWN: { retryable: false, meaning: 'No run of that id exists.' },
  RUN_CANCELLED: { retryable: false, meaning: 'The run was cancelled.' },
  RUN_ENDED: { retryable: false, meaning: 'The run has ended; it takes no further changes.' },
  TASK_STATE: { retryable: false, meaning: 'The task is not in a state that allows this transition.' },
  TASK_FAILED: { retryable: true, meaning: 'A task function threw.' },
  OUTPUT_INVALID: { retryable: false, meaning: 'What a task left, or a signal brings, does not fit the outputSchema; `details.problems` lists why.' },
  REJECTED: { retryable: false, meaning: 'Whoever was asked said no; the message is the reason.' },
  TASK_STALE_ATTEMPT: { retryable: false, meaning: 'A result came from an attempt that was replaced; it was refused and counted.' },

  ARTIFACT_UNKNOWN: { retryable: false, meaning: 'Nothing is stored under that address.' },
  ARTIFACT_CORRUPT: { retryable: false, meaning: 'Stored bytes no longer match their address.' },
  ARTIFACT_PINNED: { retryable: false, meaning: 'A pinned artifact cannot be deleted.' },
  ARTIFACT_TOO_LARGE: { retryable: false, meaning: 'The content exceeds the limit of this store.' },

  BUDGET_EXCEEDED: { retryable: true, meaning: 'Admitting the request would exceed a budget; it resets at `details.resetsAtMs` if set.' },
  REQUEST_REFUSED: { retryable: false, meaning: 'The request can never be admitted as it stands.' },
  TICKET_UNKNOWN: { retryable: false, meaning: 'No such ticket, or its record has been overwritten.' },

  JOURNAL_POISONED: { retryable: false, meaning: 'A write or fsync failed; nothing more is acknowledged until the journal is reopened.' },
  JOURNAL_CORRUPT: { retryable: false, meaning: 'The log is damaged before its end; `details.lastGoodLsn` is the last intact record.' },
  JOURNAL_LOCKED: { retryable: true, meaning: 'Another process has the journal open.' },
  JOURNAL_RECORD_TOO_LARGE: { retryable: false, meaning: 'A record exceeds the frame limit; store large content as an artifact.' },
  STORAGE_FULL: { retryable: true, meaning: 'The disk is full; free space and start again, nothing acknowledged is lost.' },
  STORAGE_READ_ONLY: { retryable: true, meaning: 'The state folder cannot be written.' },
  STORAGE_FAILED: { retryable: true, meaning: 'The file system refused an operation.' },

  CONFIG_INVALID: { retryable: false, meaning: 'The configuration is not usable; `details.problems` lists why.' },
  CAPABILITY_MISSING: { retryable: false, meaning: 'A component was composed without something it needs.' },
  INPUT_UNREADABLE: { retryable: false, meaning: 'An input cannot be read; the message says why.' },
} as const

/** A stable name of a failure. Match on this, never on the message. */
export type ErrorCode = keyof typeof ERROR_CODES

/** What a {@link SymphonyError} is made from. */
export interface SymphonyErrorInit {
  readonly code: ErrorCode
  /** Who failed: a component's name, or `component/part`. */
  readonly component: string
  /** What happened and what to do next, in one or two sentences. */
  readonly message: string
  /** Facts a program may act on. JSON only, so that an error can be logged, journaled and sent between threads. */
  readonly details?: { readonly [key: string]: Json }
  readonly cause?: unknown
  /** Overrides the table's answer for this one failure. */
  readonly retryable?: boolean
}

/** An error as plain data: what crosses threads and goes into logs. */
export interface ErrorData {
  readonly code: ErrorCode
  readonly component: string
  readonly message: string
  readonly retryable: boolean
  readonly details: { readonly [key: string]: Json }
}

const marker: unique symbol = Symbol.for('@symphony/error') as never

/**
 * The one error class of Symphony: every expected failure is one of these, told apart by `code`.
 *
 * `instanceof` works across two copies of this package, because it looks for a registered symbol, not for the prototype.
 *
 * @example
 * try {
 *   pool.tryAllocateModel(model)
 * } catch (error) {
 *   if (error instanceof SymphonyError && error.code === 'MODEL_UNKNOWN') console.error(error.message)
 *   else throw error
 * }
 */
export class SymphonyError extends Error {
  readonly code: ErrorCode
  readonly component: string
  readonly retryable: boolean
  readonly details: { readonly [key: string]: Json }

  constructor(init: SymphonyErrorInit) {
    super(init.message, init.cause === undefined ? undefined : { cause: init.cause })
    this.name = 'SymphonyError'
    this.code = init.code
    this.component = init.component
    this.retryable = init.retryable ?? ERROR_CODES[init.code].retryable
    this.details = init.details ?? {}
    Object.defineProperty(this, marker, { value: true })
  }

  /** The error as plain data, without stack and cause. */
  toJSON(): ErrorData {
    return { code: this.code, component: this.component, message: this.message, retryable: this.retryable, details: this.details }
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[marker] === true
  }
}

/** Tells whether a value is a {@link SymphonyError}, and narrows it. */
export function isSymphonyError(value: unknown, code?: ErrorCode): value is SymphonyError {
  return value instanceof SymphonyError && (code === undefined || value.code === code)
}

/** Characters of a message or of details that are kept as data: enough to read, and it always fits into a record of a log. */
const ERROR_TEXT_MAX = 16_384

/**
 * Any thrown value as plain data, so that it can be journaled or cross a thread. Foreign errors get `fallback` as their code. Never
 * throws itself: of a message that is too long the beginning is kept, details that are too large or no data are left out.
 */
export function toErrorData(thrown: unknown, component: string, fallback: ErrorCode): ErrorData {
  if (!isSymphonyError(thrown)) return { code: fallback, component, message: shortened(messageOf(thrown)), retryable: ERROR_CODES[fallback].retryable, details: {} }
  const data = thrown.toJSON()
  return { ...data, message: shortened(String(data.message)), details: boundedDetails(data.details) }
}

function messageOf(thrown: unknown): string {
  try {
    return thrown instanceof Error ? String(thrown.message) || thrown.name : String(thrown)
  } catch {
    return 'a value was thrown that cannot be put into words'
  }
}

function shortened(text: string): string {
  return text.length <= ERROR_TEXT_MAX ? text : `${text.slice(0, ERROR_TEXT_MAX)}… (${text.length} characters)`
}

function boundedDetails(details: ErrorData['details']): ErrorData['details'] {
  for (const _ in details) {
    try {
      const { length } = JSON.stringify(details)
      return length <= ERROR_TEXT_MAX ? details : { omittedCharacters: length }
    } catch {
      return { omitted: 'no data' }
    }
  }
  return details
}

/** An error rebuilt from its plain data, on the other side of a thread or a journal. */
export function fromErrorData(data: ErrorData): SymphonyError {
  return new SymphonyError({ code: data.code, component: data.component, message: data.message, details: data.details, retryable: data.retryable })
}

/**
 * Checks what only a bug can break. Stays on in production: it costs a comparison, and a wrong state costs data.
 * @throws a plain `Error`, never a SymphonyError: nobody should handle it.
 */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`invariant broken: ${message}`)
}
