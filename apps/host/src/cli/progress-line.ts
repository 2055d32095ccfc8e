import type { RunProgress } from '@symphony/interface'
import type { Terminal } from './terminal.ts'

const PARTS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const

/** A bar of `width` cells filled to `fraction`, in eighths. */
export function bar(fraction: number, width: number): string {
  const eighths = Math.round(Math.min(1, Math.max(0, fraction)) * width * 8)
  const full = '█'.repeat(Math.floor(eighths / 8))
  const part = PARTS[eighths % 8] as string
  return (full + part).padEnd(width, '·')
}

/** `1:05`, `12 s`. */
export function duration(ms: number): string {
  const seconds = Math.round(ms / 1000)
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')} min`
}

/** Shows how far a run is: a bar, tasks a second, and an estimate. On a log file, a line every five seconds instead. */
export class ProgressLine {
  readonly #terminal: Terminal
  readonly #startedMs: number
  #lastLineMs: number
  #lastCount = 0
  #lastMs: number
  #rate = 0

  constructor(terminal: Terminal, nowMs: number) {
    this.#terminal = terminal
    this.#startedMs = nowMs
    this.#lastLineMs = nowMs
    this.#lastMs = nowMs
  }

  update(progress: RunProgress, nowMs: number, note = ''): void {
    const ended = progress.succeeded + progress.failed + progress.skipped + progress.cancelled
    const elapsedMs = Math.max(1, nowMs - this.#lastMs)
    // Smoothed over about two seconds, so that the number can be read.
    if (elapsedMs >= 100) {
      const weight = Math.min(1, elapsedMs / 2000)
      this.#rate += (((ended - this.#lastCount) * 1000) / elapsedMs - this.#rate) * weight
      this.#lastCount = ended
      this.#lastMs = nowMs
    }
    const fraction = progress.total === 0 ? 0 : ended / progress.total
    const left = this.#remaining(progress)
    if (this.#terminal.isLive) {
      const numbers = `${ended}/${progress.total} tasks  ${this.#rate.toFixed(this.#rate < 10 ? 1 : 0)}/s  ${left}`
      const width = Math.max(10, Math.min(30, this.#terminal.columns - numbers.length - note.length - 12))
      this.#terminal.status(`${this.#terminal.paint('cyan', bar(fraction, width))} ${Math.floor(fraction * 100)} %  ${numbers}  ${this.#terminal.paint('dim', note)}`)
    } else if (nowMs - this.#lastLineMs >= 5000) {
      this.#lastLineMs = nowMs
      this.#terminal.say(`${duration(nowMs - this.#startedMs)}: ${ended} of ${progress.total} tasks, ${this.#rate.toFixed(0)}/s, ${left}${note === '' ? '' : `, ${note}`}`)
    }
  }

  #remaining(progress: RunProgress): string {
    const open = progress.total - progress.succeeded - progress.failed - progress.skipped - progress.cancelled
    if (open === 0) return 'finishing'
    const byRate = this.#rate > 0 ? (open / this.#rate) * 1000 : undefined
    const ms = progress.remainingMs ?? byRate
    return ms === undefined ? 'estimating' : `about ${duration(ms)} left`
  }
}
