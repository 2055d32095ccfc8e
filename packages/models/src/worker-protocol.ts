import type { ErrorData, Json } from '@symphony/interface'

/** What a worker thread is started with. */
export interface WorkerStart {
  readonly module: string
  readonly options: Json | undefined
}

/** To the worker. All messages of one turn travel in one array: posting costs more than the call it carries. */
export type Request =
  | { readonly type: 'call'; readonly id: number; readonly input: unknown }
  | { readonly type: 'abort'; readonly id: number }
  | { readonly type: 'unload' }

/** From the worker, likewise. */
export type Reply =
  | { readonly type: 'ready' }
  | { readonly type: 'load-failed'; readonly error: ErrorData }
  | { readonly type: 'value'; readonly id: number; readonly value: unknown }
  | { readonly type: 'error'; readonly id: number; readonly error: ErrorData }
  | { readonly type: 'progress'; readonly id: number; readonly fraction: number }
  | { readonly type: 'unloaded' }

/**
 * Buffers of a message that may change hands instead of being copied: those of byte arrays that are its value, or a field of it,
 * and that nobody shares. Small ones are cheaper to copy.
 */
export function transferable(value: unknown): readonly ArrayBuffer[] {
  const found = new Set<ArrayBuffer>()
  const look = (item: unknown): void => {
    if (!ArrayBuffer.isView(item) || item.byteLength < 16_384) return
    if (item.buffer instanceof ArrayBuffer && item.byteLength === item.buffer.byteLength) found.add(item.buffer)
  }
  look(value)
  if (typeof value === 'object' && value !== null && !ArrayBuffer.isView(value)) for (const field of Object.values(value)) look(field)
  return [...found]
}
