import { SymphonyError } from '@symphony/interface'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { BRIDGE_VERSION } from './binding.ts'
import type { NativeBinding } from './binding.ts'
import { wrapBinding } from './crossing.ts'
import { hostTriple } from './platform.ts'

/** One place where a binary was looked for, and what came of it. */
export interface LoadAttempt {
  readonly from: string
  /** Why not; undefined for the one that is in use. */
  readonly problem: string | undefined
}

/** Whether native backends can be had in this process. */
export interface NativeStatus {
  readonly isAvailable: boolean
  /** One sentence for people: what is in use, or why nothing is and what to do. */
  readonly message: string
  readonly attempts: readonly LoadAttempt[]
}

interface Loaded {
  readonly binding: NativeBinding | undefined
  readonly attempts: readonly LoadAttempt[]
}

const require = createRequire(import.meta.url)
let loaded: Loaded | undefined

/**
 * Looks for the binary, once in a thread: at `SYMPHONY_NATIVE_PATH`, as built in this package, in the platform package.
 *
 * @example
 * const { isAvailable, message } = nativeStatus()
 * console.log(isAvailable ? 'native backends can be had' : message)
 */
export function nativeStatus(): NativeStatus {
  const { binding, attempts } = loadOnce()
  if (binding !== undefined) return { isAvailable: true, message: `Native backends ${binding.describe().version} from ${attempts.at(-1)?.from}.`, attempts }
  const said = attempts.map(({ from, problem }) => `${from} ${problem}`).join('; ')
  const todo = 'The TypeScript backends do the same work; in the repository, `npm test` builds the binary where cargo is installed.'
  return { isAvailable: false, message: `No native backends for ${hostTriple()}: ${said}. ${todo}`, attempts }
}

/**
 * The binary's exports.
 * @throws SymphonyError `CAPABILITY_MISSING` with every attempt
 */
export function nativeBinding(): NativeBinding {
  const { binding, attempts } = loadOnce()
  if (binding !== undefined) return binding
  throw new SymphonyError({
    code: 'CAPABILITY_MISSING',
    component: '@symphony/native',
    message: nativeStatus().message,
    details: { attempts: attempts.map(({ from, problem = '' }) => ({ from, problem })) },
  })
}

function loadOnce(): Loaded {
  return (loaded ??= load(placesOf(process.env['SYMPHONY_NATIVE_PATH'])))
}

/** Tries places in order. A place that is not there is no failure, and the last word is that of the one that was. */
export function load(places: readonly string[]): Loaded {
  const { version } = manifest()
  const attempts: LoadAttempt[] = []
  for (const from of places) {
    const [binding, problem] = tryOne(from, version)
    attempts.push({ from, problem })
    if (binding !== undefined) return { binding, attempts }
  }
  return { binding: undefined, attempts }
}

function placesOf(given: string | undefined): readonly string[] {
  const triple = hostTriple()
  return [...(given === undefined || given === '' ? [] : [given]), join(manifest().folder, 'binary', `symphony.${triple}.node`), `@symphony/native-${triple}`]
}

function tryOne(from: string, version: string): readonly [NativeBinding | undefined, string | undefined] {
  const isPath = !from.startsWith('@')
  if (isPath && !existsSync(from)) return [undefined, 'is not there']
  try {
    const binding = wrapBinding(require(from) as NativeBinding, process.env['SYMPHONY_TRACE_NATIVE'] === '1')
    const found = binding.describe()
    if (found.version === version && found.bridge === BRIDGE_VERSION) return [binding, undefined]
    return [undefined, `is version ${found.version} (bridge ${found.bridge}), and this package ${version} (bridge ${BRIDGE_VERSION}); install matching versions, or build it again`]
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    return [undefined, code === 'MODULE_NOT_FOUND' ? 'is not installed' : message]
  }
}

function manifest(): { readonly folder: string; readonly version: string } {
  const path = require.resolve('@symphony/native/package.json')
  return { folder: dirname(path), version: (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version }
}
