import { readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { parse } from './syntax.ts'
import type { Syntax } from './syntax.ts'

/** A file of code with its syntax tree, parsed on first use. */
export interface CodeFile {
  /** From the root, with forward slashes. */
  readonly path: string
  readonly text: string
  readonly syntax: Syntax
  /** Folder of the package it belongs to, e.g. `packages/pool`; empty for files of the root. */
  readonly folder: string
  /** First folder inside the package: `src`, `test`, `bench`, ...; empty for files beside package.json. */
  readonly room: string
  lineAt(offset: number): number
}

export interface Manifest {
  readonly folder: string
  readonly name: string
  readonly json: Readonly<Record<string, unknown>>
}

/** What the rules look at: every text file of the working tree, by path. */
export interface Repository {
  readonly texts: ReadonlyMap<string, string>
  readonly code: readonly CodeFile[]
  readonly manifests: readonly Manifest[]
}

const skippedFolders = new Set(['node_modules', 'dist', 'target', 'coverage', 'samples', 'fixtures', '.git', '.turbo', '.symphony', '.changeset'])
const textEndings = /(\.(ts|mts|mjs|js|json|md|yaml|yml|toml|rs|sh|html|css)|[/\\](run|\.gitignore))$/
const codeEndings = /\.(ts|mts|mjs|js)$/

/** Reads the working tree below `root`, without what is generated or installed. */
export function readRepository(root: string): Repository {
  const texts = new Map<string, string>()
  const visit = (folder: string): void => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = posix.join(folder, entry.name)
      if (entry.isDirectory() && !skippedFolders.has(entry.name)) visit(path)
      else if (entry.isFile() && textEndings.test(`/${path}`)) texts.set(path, readFileSync(join(root, path), 'utf8'))
    }
  }
  visit('')
  return repositoryOf(texts)
}

/** The same from texts at hand: what tests plant violations with. */
export function repositoryOf(texts: ReadonlyMap<string, string> | Readonly<Record<string, string>>): Repository {
  const map = texts instanceof Map ? (texts as ReadonlyMap<string, string>) : new Map(Object.entries(texts))
  const sorted = new Map([...map].sort(([a], [b]) => (a < b ? -1 : 1)))
  const manifests = [...sorted.keys()].filter((path) => posix.basename(path) === 'package.json').map((path) => manifestOf(path, sorted.get(path) as string))
  const folders = manifests.map((manifest) => manifest.folder).filter((folder) => folder !== '')
  const code = [...sorted.keys()].filter((path) => codeEndings.test(path)).map((path) => codeFile(path, sorted.get(path) as string, folders))
  return { texts: sorted, code, manifests }
}

function manifestOf(path: string, text: string): Manifest {
  const json = JSON.parse(text) as Record<string, unknown>
  const folder = posix.dirname(path)
  return { folder: folder === '.' ? '' : folder, name: typeof json['name'] === 'string' ? json['name'] : '', json }
}

function codeFile(path: string, text: string, folders: readonly string[]): CodeFile {
  const folder = folders.findLast((candidate) => path.startsWith(`${candidate}/`)) ?? (/^(packages|apps|tooling)\/[^/]+/.exec(path)?.[0] || '')
  const inside = path.slice(folder === '' ? 0 : folder.length + 1)
  let syntax: Syntax | undefined
  return {
    path,
    text,
    folder,
    room: inside.includes('/') ? inside.slice(0, inside.indexOf('/')) : '',
    get syntax() {
      return (syntax ??= parse(path, text))
    },
    lineAt(offset) {
      let line = 1
      for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) line++
      return line
    },
  }
}
