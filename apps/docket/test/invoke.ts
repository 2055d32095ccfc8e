import type { WorkerModel } from '@symphony/interface'

/** Calls a model as a pool would, without a deadline. */
export async function invoke<T>(model: WorkerModel, input: unknown, signal: AbortSignal = new AbortController().signal): Promise<T> {
  return (await model.invoke(input, { signal, progress: () => undefined })) as T
}

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}
