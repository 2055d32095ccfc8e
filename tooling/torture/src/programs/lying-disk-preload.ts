// Loaded before a program, into each of its threads: the system says that data is on the device and forces nothing. What a test of power
// cuts has to notice.
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

fs.fdatasyncSync = () => {}
syncBuiltinESMExports()
