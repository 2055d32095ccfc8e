/** What the `symphony` command answers to the shell. */
export const EXIT_CODES = {
  OK: 0,
  /** The work was done and failed, or could not be done. */
  FAILED: 1,
  /** The command line or the configuration is not usable. */
  USAGE: 2,
  /** Stopped by the user; the next start goes on. */
  INTERRUPTED: 130,
} as const
