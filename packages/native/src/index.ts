/**
 * Native backends of Symphony's components: Rust over the bytes that TypeScript works on. They are swapped in and out while
 * workflows run, and never needed: without the binary everything goes on in TypeScript.
 *
 * @example
 * import { nativeStatus } from '@symphony/native'
 * import { nativeDag } from '@symphony/native/dag'
 * if (nativeStatus().isAvailable) symphony.swapBackend('dag', nativeDag())
 *
 * @packageDocumentation
 */
export { nativeStatus } from './loader.ts'
export type { LoadAttempt, NativeStatus } from './loader.ts'
export { hostTriple } from './platform.ts'
