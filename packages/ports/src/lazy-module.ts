const { createRequire } = process.getBuiltinModule('node:module')
const { fileURLToPath } = process.getBuiltinModule('node:url')
const requireFile = createRequire(import.meta.url)

/**
 * A dependency that only some users need: loaded when it is first asked for, at once, and not with the package that knows it.
 * Everybody who imports it has the same instance. What has no form to be imported is located with `createRequire`.
 *
 * @param locate says where it is, as a URL or a path, from the package that depends on it
 * @example
 * const yaml = lazyModule<typeof import('yaml')>(() => import.meta.resolve('yaml'))
 * yaml().parse(text)
 */
export function lazyModule<T>(locate: () => string): () => T {
  let loaded: T | undefined
  return () => (loaded ??= load<T>(locate()))
}

function load<T>(place: string): T {
  return requireFile(place.startsWith('file:') ? fileURLToPath(place) : place) as T
}
