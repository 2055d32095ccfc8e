/** What is done to the links, the part of a wheel that another backend may do. Which rows are watched is written by who calls. */
export interface WheelBackend {
  add(id: number, deadlineMs: number, ttlMs: number): number
  remove(row: number): void
  move(row: number, deadlineMs: number, ttlMs: number): void
  refile(row: number): void
  release(row: number): void
  open(nowMs: number): void
  step(): number
  nextDueMs(): number | undefined
}
