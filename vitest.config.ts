import { existsSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

// Threads and processes that tests start load TypeScript as it stands. Node 24 strips the types with a WebAssembly module, and many
// threads doing so at once can bring the process down inside the engine. With a compile cache the first one strips, the others read.
const NODE_COMPILE_CACHE = process.env['NODE_COMPILE_CACHE'] ?? join(tmpdir(), 'symphony-compile-cache')

// Packages are tested from source: no build is needed, and worker threads find their files the same way.
const conditions = ['@symphony/source']
const projects = ['packages', 'apps', 'tooling'].flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => existsSync(`${folder}/${name}/test`))
    .map((name) => ({ extends: true as const, root: `${folder}/${name}`, test: { name, include: ['test/**/*.spec.ts'] } })),
)

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: { execArgv: ['--conditions=@symphony/source'], env: { NODE_COMPILE_CACHE }, testTimeout: 30_000, projects },
})
