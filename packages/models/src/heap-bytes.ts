/**
 * What this thread's JavaScript occupies: its heap as reserved, buffers outside it, and what the engine itself took. Memory of
 * native add-ons and of WebAssembly is not visible to the engine and not in it.
 */
export function heapBytes(): number {
  const { total_heap_size: heap, external_memory: external, malloced_memory: engine } = process.getBuiltinModule('node:v8').getHeapStatistics()
  return heap + external + engine
}
