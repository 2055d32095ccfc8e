#!/usr/bin/env node
import { enableCompileCache } from 'node:module'

// What is compiled is kept in the system's folder for temporary files: from the second start on a command takes a quarter less.
enableCompileCache()
const { main } = await import('../dist/index.js')
await main(process.argv)
