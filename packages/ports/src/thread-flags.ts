/**
 * Options for a worker thread of ours: it takes over the flags of the process by itself, V8's included, which must not be named
 * again. Only a process whose program is text (`node --input-type=… -e …`) needs help: a thread is a file and refuses that flag.
 *
 * @example
 * new Worker(file, { ...threadFlags() })
 */
export function threadFlags(): { readonly execArgv?: string[] } {
  const isText = process.execArgv.some((flag) => flag.startsWith('--input-type'))
  return isText ? { execArgv: process.execArgv.filter((flag) => flag.startsWith('--conditions=')) } : {}
}
