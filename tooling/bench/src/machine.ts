import { cpus, loadavg, release, totalmem } from 'node:os'

/** What a figure depends on beside the code. */
export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryGiB: number
  readonly system: string
  readonly node: string
  /** Processes that wanted to run in the last minute, others' included: above `cores`, figures are lower than they could be. */
  readonly loadAverage: number
}

export function machine(): Machine {
  const processors = cpus()
  return {
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${release()} ${process.arch}`,
    node: process.versions.node,
    loadAverage: Number((loadavg()[0] as number).toFixed(2)),
  }
}
