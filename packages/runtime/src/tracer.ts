/**
 * The part of OpenTelemetry's API that traces of runs are written with, as types alone: every tracer of `@opentelemetry/api` 1.x fits,
 * and nothing of it is needed by who does not trace.
 */

/** Seconds since 1970 and nanoseconds: the one form of a time that no tracer takes for a duration since its start. */
export type TraceTime = [seconds: number, nanoseconds: number]

export type TraceAttributes = Record<string, string | number | boolean>

export interface TraceSpan {
  setStatus(status: { readonly code: number; readonly message?: string }): unknown
  addEvent(name: string, attributes?: TraceAttributes, time?: TraceTime): unknown
  recordException(exception: { readonly name: string; readonly message: string; readonly code: string }, time?: TraceTime): void
  isRecording(): boolean
  end(time?: TraceTime): void
}

/** What carries the parent of a span: OpenTelemetry's `Context`. */
export interface TraceContext {
  getValue(key: symbol): unknown
  setValue(key: symbol, value: unknown): TraceContext
  deleteValue(key: symbol): TraceContext
}

/** OpenTelemetry's `Tracer`. */
export interface Tracer {
  startSpan(name: string, options?: { startTime?: TraceTime; attributes?: TraceAttributes; root?: boolean }, context?: TraceContext): TraceSpan
}

/** Under this registered symbol every 1.x release of the API looks for the span of a context. */
const SPAN_KEY = Symbol.for('OpenTelemetry Context Key SPAN')

/** A context in which nothing is but a span: what is started in it becomes its child. */
export function contextOf(span: TraceSpan): TraceContext {
  return new Values(new Map<symbol, unknown>([[SPAN_KEY, span]]))
}

class Values implements TraceContext {
  readonly #values: ReadonlyMap<symbol, unknown>

  constructor(values: ReadonlyMap<symbol, unknown>) {
    this.#values = values
  }

  getValue(key: symbol): unknown {
    return this.#values.get(key)
  }

  setValue(key: symbol, value: unknown): TraceContext {
    return new Values(new Map(this.#values).set(key, value))
  }

  deleteValue(key: symbol): TraceContext {
    const values = new Map(this.#values)
    values.delete(key)
    return new Values(values)
  }
}

/** A time of the kernel, ms since 1970, as a tracer takes it. */
export function traceTime(ms: number): TraceTime {
  const seconds = Math.floor(ms / 1000)
  return [seconds, Math.round((ms - seconds * 1000) * 1e6)]
}
