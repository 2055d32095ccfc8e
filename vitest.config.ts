import { existsSync, readdirSync } from 'node:fs'
import { defineConfig } from 'vitest/config'

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
  test: { execArgv: ['--conditions=@symphony/source'], testTimeout: 30_000, projects },
})
