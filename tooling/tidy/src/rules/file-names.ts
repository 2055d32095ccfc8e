import { posix } from 'node:path'
import type { Rule } from '../problem.ts'

const kebab = /^[a-z0-9]+(-[a-z0-9]+)*$/
const catchAll = new Set(['util', 'utils', 'helper', 'helpers', 'common', 'misc', 'shared', 'stuff'])

/** Folders of a package that have code. What lies anywhere else is run, checked and shipped by nobody. */
const rooms = new Set(['src', 'test', 'bench', 'stress'])

/** Files are named for their main export, in kebab-case. A file named for nothing in particular collects everything. */
export const fileNames: Rule = {
  name: 'file-name',
  check: (repository) =>
    repository.code.flatMap(({ path }) => {
      const stems = path.split('/').map((part) => part.replace(/^\./, ''))
      const file = (stems.pop() as string).replace(/(\.(property|model|stress|types))?(\.(spec|config|bench|types|d))?\.(ts|mts|mjs|js)$/, '')
      const room = stems[0] === 'packages' ? stems[2] : undefined
      const isAstray = room !== undefined && !rooms.has(room)
      const message = isAstray ? `"${room}" is no folder for code: put it into ${[...rooms].join(', ')}, or remove it` : [...stems, file].map(objection).find((found) => found !== undefined)
      return message === undefined ? [] : [{ file: path, line: 1, rule: 'file-name', message: `${message} (${posix.basename(path)})` }]
    }),
}

function objection(stem: string): string | undefined {
  if (catchAll.has(stem)) return `"${stem}" says nothing: name the file for the one idea in it`
  return kebab.test(stem) ? undefined : `"${stem}" is not kebab-case`
}
