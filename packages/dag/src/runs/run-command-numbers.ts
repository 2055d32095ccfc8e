/** Numbers of the commands about runs as wholes, fixed for ever: they are written into logs. */
export const RUN_COMMANDS = {
  START_WITH: 30,
  AWAIT_CHILD: 31,
  SET_ATTRIBUTES: 32,
  SET_BACK: 33,
  FORK: 34,
  POSTPONE: 35,
  SCHEDULE: 36,
  UNSCHEDULE: 37,
  PASS_SCHEDULE: 38,
  MIGRATE: 39,
  REJECT: 40,
} as const
