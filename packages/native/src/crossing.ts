import { ERROR_CODES, isSymphonyError, SymphonyError } from '@symphony/interface'
import type { ErrorCode } from '@symphony/interface'
import type { NativeBinding } from './binding.ts'

const COMPONENT = '@symphony/native'
/** What Node-API says of an argument that is not what it should be. */
const ARGUMENT_CODES: ReadonlySet<unknown> = new Set(['InvalidArg', 'NumberExpected', 'ObjectExpected', 'FunctionExpected', 'BooleanExpected', 'ArrayExpected'])

type Export = (...given: readonly unknown[]) => unknown

/** Wraps every export of the binary once: errors get their class, and with `SYMPHONY_TRACE_NATIVE=1` every crossing is written to stderr. */
export function wrapBinding(binding: NativeBinding, isTraced: boolean): NativeBinding {
  const wrapped: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(binding) as readonly (readonly [string, Export])[]) {
    wrapped[name] = /^[A-Z]/.test(name) ? wrapClass(name, value, binding, isTraced) : wrapCall(name, value, binding, isTraced)
  }
  return wrapped as unknown as NativeBinding
}

function wrapCall(name: string, call: Export, binding: NativeBinding, isTraced: boolean): Export {
  const guarded: Export = function (this: unknown, ...given) {
    try {
      return call.apply(this, given as unknown[])
    } catch (error) {
      throw translated(name, error, binding)
    }
  }
  return isTraced ? traced(name, guarded) : guarded
}

/** Methods are wrapped where they are, so that a handle is an object of the class that the binary knows. */
function wrapClass(name: string, native: Export, binding: NativeBinding, isTraced: boolean): unknown {
  const prototype = native.prototype as Record<string, Export>
  for (const method of Object.getOwnPropertyNames(prototype)) {
    if (method !== 'constructor') prototype[method] = wrapCall(`${name}.${method}`, prototype[method] as Export, binding, isTraced)
  }
  const make = wrapCall(`new ${name}`, (...given) => Reflect.construct(native, given), binding, isTraced)
  return new Proxy(native, { construct: (_, given) => make(...(given as readonly unknown[])) as object })
}

/** The error a thrown one stands for: see BRIDGE.md. */
function translated(name: string, thrown: unknown, binding: NativeBinding): SymphonyError {
  if (isSymphonyError(thrown)) return thrown
  const { message, code } = thrown as Error & { readonly code?: unknown }
  const [, stated, text] = /^([A-Z_]+): (.*)$/s.exec(message) ?? []
  if (stated !== undefined && Object.hasOwn(ERROR_CODES, stated)) return failure(stated as ErrorCode, name, text as string, thrown)
  if (ARGUMENT_CODES.has(code) || thrown instanceof TypeError) return failure('INVALID_ARGUMENT', name, message, thrown)
  const place = binding.lastPanic()
  return failure('BACKEND_PANIC', name, `Rust panicked: ${message}${place === null ? '' : ` (at ${place})`}. Go on with the TypeScript backend`, thrown)
}

function failure(code: ErrorCode, name: string, text: string, cause: unknown): SymphonyError {
  return new SymphonyError({ code, component: COMPONENT, message: `${name}: ${text}.`, details: { export: name }, cause })
}

function traced(name: string, call: Export): Export {
  return function (this: unknown, ...given) {
    const startedAt = process.hrtime.bigint()
    let result: unknown
    let outcome = 'threw'
    try {
      result = call.apply(this, given as unknown[])
      outcome = `→ ${shown(result)}`
      return result
    } catch (error) {
      outcome = `threw ${String(error)}`
      throw error
    } finally {
      process.stderr.write(`symphony native: ${name}(${given.map(shown).join(', ')}) ${outcome} in ${process.hrtime.bigint() - startedAt} ns\n`)
    }
  }
}

function shown(value: unknown): string {
  if (ArrayBuffer.isView(value)) return `${value.constructor.name}(${value.byteLength} bytes)`
  if (typeof value === 'object' && value !== null) return value.constructor.name
  return typeof value === 'function' ? 'function' : String(value)
}
