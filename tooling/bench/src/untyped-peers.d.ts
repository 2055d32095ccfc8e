// The slices we use of peers that come without types, or with types Node's resolution does not find.
declare module 'async' {
  type Done = (error: Error | null, result?: unknown) => void
  export function auto(tasks: Record<string, unknown>, done: Done): void
  export function priorityQueue<T>(worker: (task: T, done: () => void) => void, concurrency: number): {
    push(task: T, priority: number): void
    pause(): void
    resume(): void
    drain(listener: () => void): void
  }
}

declare module 'generic-pool' {
  interface Pool<T> {
    acquire(): Promise<T>
    release(resource: T): Promise<void>
    drain(): Promise<void>
    clear(): Promise<void>
  }
  export function createPool<T>(factory: { create(): Promise<T>; destroy(resource: T): Promise<void> }, options: { readonly min: number; readonly max: number }): Pool<T>
}

declare module 'cacache' {
  export function put(cache: string, key: string, content: Uint8Array): Promise<string>
  export const get: {
    (cache: string, key: string): Promise<{ readonly data: Uint8Array }>
    hasContent(cache: string, integrity: string): Promise<unknown>
  }
}
