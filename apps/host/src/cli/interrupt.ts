/**
 * An abort signal that fires on Ctrl-C or a polite kill. The second one ends the process at once: nothing acknowledged is lost by
 * that either.
 */
export function interruptSignal(onFirst: () => void): AbortSignal {
  const controller = new AbortController()
  const stop = (): void => {
    if (controller.signal.aborted) process.exit(130)
    onFirst()
    controller.abort(new Error('interrupted'))
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  return controller.signal
}
