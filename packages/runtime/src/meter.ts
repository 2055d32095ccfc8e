/**
 * The part of OpenTelemetry's API that figures of a runtime are written with, as types alone: every meter of `@opentelemetry/api` 1.x
 * fits, and nothing of it is needed by who does not measure.
 */

export type MeterAttributes = Record<string, string | number | boolean>

export interface InstrumentOptions {
  description?: string
  unit?: string
}

/** A figure that is read when somebody collects. */
export interface ObservableFigure {
  addCallback(callback: (result: { observe(value: number, attributes?: MeterAttributes): void }) => void): void
}

/** Called when somebody collects, for several figures at once. */
export type BatchCallback = (result: { observe(figure: ObservableFigure, value: number, attributes?: MeterAttributes): void }) => void

/** OpenTelemetry's `Meter`. */
export interface Meter {
  createObservableCounter(name: string, options?: InstrumentOptions): ObservableFigure
  createObservableUpDownCounter(name: string, options?: InstrumentOptions): ObservableFigure
  createObservableGauge(name: string, options?: InstrumentOptions): ObservableFigure
  addBatchObservableCallback(callback: BatchCallback, figures: ObservableFigure[]): void
  removeBatchObservableCallback(callback: BatchCallback, figures: ObservableFigure[]): void
  createHistogram(name: string, options?: InstrumentOptions): { record(value: number, attributes?: MeterAttributes): void }
}
