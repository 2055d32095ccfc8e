import { SymphonyError } from '@symphony/interface'
import type { Logger } from '@symphony/interface'
import type { Components } from './compose.ts'

/**
 * Which backend a component works with. `ts`: its own, in TypeScript. `native`: the one in Rust, and an error where there is none.
 * `auto`: native for the calls where measurement says it is faster, where there is one; the log says once what was taken, and why.
 */
export type BackendChoice = 'auto' | 'ts' | 'native'

/** A choice for every component that has several backends, or one each. */
export type BackendChoices = BackendChoice | { readonly [K in BackedComponent]?: BackendChoice }

/** Components that have a native backend, and what makes it. Loaded only when it is wanted. */
const MAKERS = {
  dag: async (where: 'always' | 'faster'): Promise<object> => (await import('@symphony/native/dag')).nativeDag({ where }),
} as const
type BackedComponent = keyof typeof MAKERS
const BACKED = Object.keys(MAKERS) as readonly BackedComponent[]

const CHOICES: ReadonlySet<string> = new Set(['auto', 'ts', 'native'])

/** What the environment says in place of the configuration: one word for all, or `dag=native`, several joined by commas. */
const BACKEND_VARIABLE = 'SYMPHONY_BACKEND'

/**
 * Reads a choice as it is written on a command line or in the environment.
 * @param source named in the error
 * @throws SymphonyError `CONFIG_INVALID`
 * @example
 * parseBackends('auto', '--backend')       // 'auto'
 * parseBackends('dag=native', '--backend') // { dag: 'native' }
 */
export function parseBackends(text: string, source: string): BackendChoices {
  if (CHOICES.has(text)) return text as BackendChoice
  const chosen: Partial<Record<BackedComponent, BackendChoice>> = {}
  for (const part of text.split(',')) {
    const [component = '', choice = ''] = part.split('=')
    if (!isBacked(component) || !CHOICES.has(choice)) throw misread(text, source)
    chosen[component] = choice as BackendChoice
  }
  return chosen
}

/** Attaches what was chosen, before anything is recovered: commands are replayed by the same backend that will make new ones. */
export async function attachBackends(components: Components, configured: BackendChoices | undefined, logger: Logger): Promise<void> {
  const given = process.env[BACKEND_VARIABLE]
  const said = given === undefined || given === '' ? undefined : parseBackends(given, BACKEND_VARIABLE)
  checkChoices(configured)
  for (const component of BACKED) {
    const choice = choiceOf(said, component) ?? choiceOf(configured, component) ?? 'ts'
    if (choice !== 'ts') await attach(component, components[component], choice, logger)
  }
}

function choiceOf(choices: BackendChoices | undefined, component: BackedComponent): BackendChoice | undefined {
  return typeof choices === 'object' ? choices[component] : choices
}

async function attach(name: BackedComponent, component: object, choice: 'auto' | 'native', logger: Logger): Promise<void> {
  const target = component as { attachBackend?(backend: unknown): void }
  const isOurs = target.attachBackend !== undefined
  const maker = isOurs ? await nativeMaker(name, choice) : `the component that was brought as "${name}" takes no other backend`
  if (typeof maker !== 'string') {
    target.attachBackend?.(maker)
    const why = choice === 'native' ? 'it was asked for' : 'it is faster for batches; single calls stay in TypeScript'
    logger.info(`The ${name} works with its native backend: ${why}.`, { component: name, backend: 'native', choice })
    return
  }
  if (choice === 'auto') {
    logger.info(`The ${name} works with its TypeScript backend: ${maker}`, { component: name, backend: 'ts', choice })
    return
  }
  throw new SymphonyError({
    code: 'CAPABILITY_MISSING',
    component: 'runtime',
    message: `The native backend of the ${name} was asked for and cannot be had: ${maker} Choose "auto" to go on in TypeScript where there is none.`,
    details: { component: name },
  })
}

/** What makes the native backend, or why there is none. */
async function nativeMaker(name: BackedComponent, choice: 'auto' | 'native'): Promise<object | string> {
  try {
    const { nativeStatus } = await import('@symphony/native')
    const { isAvailable, message } = nativeStatus()
    return isAvailable ? await MAKERS[name](choice === 'native' ? 'always' : 'faster') : message
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error
    return 'The package @symphony/native is not installed.'
  }
}

function checkChoices(configured: unknown): void {
  const isWord = typeof configured === 'string' && CHOICES.has(configured)
  const isObject = typeof configured === 'object' && configured !== null
  const isFine = configured === undefined || isWord || (isObject && Object.entries(configured).every(([name, choice]) => isBacked(name) && (choice === undefined || CHOICES.has(choice as string))))
  if (!isFine) throw misread(JSON.stringify(configured), 'backend')
}

function isBacked(name: string): name is BackedComponent {
  return Object.hasOwn(MAKERS, name)
}

function misread(text: string, source: string): SymphonyError {
  return new SymphonyError({
    code: 'CONFIG_INVALID',
    component: 'runtime',
    message: `${source} cannot be "${text}": say auto, ts or native, or one for a component, as in dag=native. Components with several backends: ${BACKED.join(', ')}.`,
    details: { problems: [`${source}: ${text}`] },
  })
}
