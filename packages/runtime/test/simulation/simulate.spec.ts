import { describe, expect, it } from 'vitest'
import { simulate, SimulationFailure } from '@symphony/conformance/simulator'
import type { SimulatedConfig, SimulatedEffect } from '@symphony/conformance/simulator'
import type { Runtime, TaskContext, WorkflowSpec } from '@symphony/interface'
import { functionRunner } from '@symphony/models'
import { createRuntime } from '@symphony/runtime'
import { smallParts } from './small-kernel.ts'

const runtime = (config: SimulatedConfig): Promise<Runtime> => createRuntime({ ...config, ...smallParts(), segmentBytes: 1 << 16 })
const DAY_MS = 86_400_000

function order(charge: (context: TaskContext) => unknown): WorkflowSpec {
  return {
    name: 'order',
    output: 'receipt',
    tasks: [
      { id: 'reserve', run: () => 'reserved' },
      { id: 'charge', needs: ['reserve'], effect: 'outside', retry: { attempts: 3, delayMs: 10 }, run: charge },
      { id: 'ship', needs: ['charge'], run: () => 'shipped' },
      { id: 'receipt', needs: ['ship', 'charge'], run: ({ inputs }) => `${String(inputs.get('charge'))}, ${String(inputs.get('ship'))}` },
    ],
  }
}

async function repeatedIn(charge: (context: TaskContext) => unknown): Promise<readonly SimulatedEffect[]> {
  const found: SimulatedEffect[] = []
  for (let seed = 1; seed <= 30; seed++) {
    const { repeated, output } = await simulate(order(charge), { runtime, seed })
    expect(output).toBe('paid, shipped')
    found.push(...repeated)
  }
  return found
}

describe('simulate', () => {
  it('finds an effect that happens twice because nobody looks at the idempotency key', { timeout: 600_000 }, async () => {
    const found = await repeatedIn(() => 'paid')
    expect(found.length).toBeGreaterThan(0)
    expect(found[0]).toMatchObject({ key: 'simulated/charge', usesKey: false })
    expect(found[0]?.times).toBeGreaterThan(1)
  })

  it('has nothing to say when the key is used', { timeout: 600_000 }, async () => {
    const asked = new Set<string>()
    const pay = ({ idempotencyKey }: TaskContext): string => (asked.add(idempotencyKey), 'paid')
    expect(await repeatedIn(pay)).toEqual([])
    expect([...asked]).toEqual(['simulated/charge'])
  })

  it('counts an effect that has not answered, and none that threw', { timeout: 600_000 }, async () => {
    const found = await repeatedIn(async ({ attempt }: TaskContext) => {
      if (attempt === 1) throw new Error('not today')
      await Promise.resolve()
      return 'paid'
    })
    expect(found.every(({ times }) => times > 1)).toBe(true)
    const { effects } = await simulate(order(({ attempt }) => {
      if (attempt === 1) throw new Error('not today')
      return 'paid'
    }), { runtime, faults: { crashes: 0 } })
    expect(effects).toEqual([{ key: 'simulated/charge', times: 1, usesKey: false }])
  })

  it('watches models that are called for an effect', { timeout: 600_000 }, async () => {
    const workflow: WorkflowSpec = { name: 'mail', tasks: [{ id: 'send', model: 'mailer', effect: 'outside' }] }
    const models = [{ id: 'mailer', runner: functionRunner(() => 'sent') }]
    const { effects, output } = await simulate(workflow, { runtime, models, faults: { crashes: 0 } })
    expect([effects, output]).toEqual([[{ key: 'simulated/send', times: 1, usesKey: false }], { send: 'sent' }])
  })

  it('takes a workflow of 90 days through its crashes', { timeout: 600_000 }, async () => {
    const workflow: WorkflowSpec = {
      name: 'subscription',
      output: 'end',
      tasks: [
        { id: 'welcome', effect: 'outside', run: ({ idempotencyKey }) => idempotencyKey },
        { id: 'trial', needs: ['welcome'], delayMs: 7 * DAY_MS },
        { id: 'signature', needs: ['trial'], waitFor: 'signed' },
        { id: 'invoice', needs: ['signature'], cron: '0 9 1 * *' },
        { id: 'until the end', needs: ['invoice'], untilMs: () => Date.UTC(2026, 3, 1) },
        { id: 'end', needs: ['until the end'], run: () => 'over' },
      ],
    }
    let crashes = 0
    for (let seed = 1; seed <= 20; seed++) {
      const outcome = await simulate(workflow, { runtime, seed, actions: [{ type: 'signal', name: 'signed', afterMs: 45 * DAY_MS }] })
      expect(outcome.output).toBe('over')
      expect(outcome.report.endedAtMs).toBeGreaterThanOrEqual(Date.UTC(2026, 3, 1))
      crashes += outcome.crashes
    }
    expect(crashes).toBeGreaterThan(10)
  })

  it('does the same for the same seed', { timeout: 600_000 }, async () => {
    const [first, second] = [await simulate(order(() => 'paid'), { runtime, seed: 5 }), await simulate(order(() => 'paid'), { runtime, seed: 5 })]
    expect(second).toEqual(first)
  })

  it('fails with the seed when a run never ends', async () => {
    const workflow: WorkflowSpec = { name: 'waits', tasks: [{ id: 'a', waitFor: 'nobody' }] }
    const failure = await simulate(workflow, { runtime, seed: 3 }).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(SimulationFailure)
    expect(failure).toMatchObject({ seed: 3, message: expect.stringContaining('did not end') })
  })

  it('fails with the seed when its check does', async () => {
    const check = (): never => {
      throw new Error('not what I want')
    }
    await expect(simulate(order(() => 'paid'), { runtime, seed: 8, check })).rejects.toMatchObject({ seed: 8, violations: ['not what I want'] })
  })
})
