import type { CommandDescription } from '@symphony/interface'
import { ByteReader, ByteWriter } from '@symphony/shared-memory'
import { toUsd } from './ledger.ts'

/** Commands of this component in the log. Numbers are for ever. */
export const COMMAND = {
  /** tenant string, nanodollars f64, wall time f64 */
  SPEND: 1,
  /** tenant string, limit in nanodollars f64, windowMs f64 (0: none), wall time f64 */
  BUDGET: 2,
} as const

const encoder = new TextEncoder()

/** Builds command bodies in one buffer of its own. A body is valid until the next one is built. */
export class CommandWriter {
  readonly #writer = new ByteWriter()
  /** Encoded names: a tenant spends often and is encoded once. */
  readonly #names: Uint8Array[] = []

  spend(row: number, tenant: string, cost: number, wallMs: number): Uint8Array {
    const name = (this.#names[row] ??= encoder.encode(tenant))
    return this.#writer.reset().bytes(name).f64(cost).f64(wallMs).view()
  }

  budget(tenant: string, limit: number, windowMs: number, wallMs: number): Uint8Array {
    return this.#writer.reset().string(tenant).f64(limit).f64(windowMs).f64(wallMs).view()
  }
}

/** What a command says. Undefined for what cannot be read. */
export function describeCommand(type: number, body: Uint8Array): CommandDescription | undefined {
  const reader = new ByteReader(body)
  try {
    if (type === COMMAND.SPEND) return { name: 'spend', fields: { tenant: reader.string(), costUsd: toUsd(reader.f64()), atMs: reader.f64() } }
    if (type !== COMMAND.BUDGET) return undefined
    const [tenant, limit, windowMs] = [reader.string(), reader.f64(), reader.f64()]
    return { name: 'budget', fields: { tenant, limitUsd: toUsd(limit), ...(windowMs === 0 ? {} : { windowMs }), atMs: reader.f64() } }
  } catch {
    return undefined
  }
}
