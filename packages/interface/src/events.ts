/** Every event of the kernel by number: component number * 256 + a number of its own. `subject`, `a` and `b` are given beside each. */
export const EVENTS = {
  /** subject: run row; a: task count */
  RUN_STARTED: 0x0101,
  /** subject: run row; a: run state */
  RUN_ENDED: 0x0102,
  /** subject: run row; a: tasks added */
  RUN_EXPANDED: 0x0103,
  /** subject: run row; a: new run state */
  RUN_STATE: 0x0104,
  /** subject: task row; a: state before * 16 + state after; b: run row */
  TASK_TRANSITION: 0x0108,
  /** subject: task row; a: permille done as the task reports it; b: run row */
  TASK_PROGRESS: 0x0109,
  /** subject: task row; a: attempt that was refused; b: run row */
  TASK_LATE_RESULT: 0x010a,

  /** subject: model number; a: bytes; b: 1 when the content was already there */
  ARTIFACT_PUT: 0x0201,
  ARTIFACT_DELETED: 0x0202,
  /** subject: 0; a: 1 hit, 0 miss */
  RESULT_RECALLED: 0x0203,

  /** subject: ticket; a: tenant number; b: model number */
  REQUEST_ADMITTED: 0x0301,
  REQUEST_REFUSED: 0x0302,
  /** subject: ticket; a: estimated cost; b: actual cost */
  GRANT_SETTLED: 0x0303,

  /** subject: instance row; a: state before * 16 + state after; b: model number */
  INSTANCE_TRANSITION: 0x0401,
  /** subject: instance row; a: fencing token; b: model number */
  LEASE_GRANTED: 0x0402,
  LEASE_RELEASED: 0x0403,
  LEASE_EXPIRED: 0x0404,

  /** subject: watch handle; a: entity id; b: lateness in ms */
  ENTITY_EXPIRED: 0x0501,
  /** subject: 0; a: entries looked at; b: entries reclaimed */
  SWEEP_ENDED: 0x0502,

  /** subject: task row; a: score chosen; b: alternatives */
  DECISION: 0x0601,
  /** subject: task row, or -1 when it is only known to be one of several; a: how long it held the thread, ms */
  LOOP_BLOCKED: 0x0602,

  /** subject: component id; a: 1 healthy, 0 quarantined, 2 degraded, 3 closed; b: the same of before */
  HEALTH_CHANGED: 0x0001,
} as const

export type EventName = keyof typeof EVENTS
