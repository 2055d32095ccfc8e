// Loaded before a program, into each of its threads: now and then a write is answered with success and not made. What a test of kills
// has to notice.
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

const write = fs.writeSync
const DROP_EACH = 7
let writes = 0

fs.writeSync = ((file: number, bytes: Uint8Array, ...rest: number[]) => {
  // What the program says goes through; it says it without a position.
  if (rest.length === 3 && ++writes % DROP_EACH === 0) return rest[1]
  return (write as (...args: unknown[]) => number)(file, bytes, ...rest)
}) as typeof fs.writeSync
syncBuiltinESMExports()
