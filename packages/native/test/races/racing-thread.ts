import { nativePool } from '@symphony/native/pool'
import { attachPoolLeases } from '@symphony/pool'
import type { PoolBackend } from '@symphony/pool'
import { parentPort, workerData } from 'node:worker_threads'
import { Claims, race } from './claims.ts'

const { buffer, claims, isNative, models, leases } = workerData as { buffer: SharedArrayBuffer; claims: SharedArrayBuffer; isNative: boolean; models: readonly number[]; leases: number }
let backend: PoolBackend | undefined
attachPoolLeases(buffer, (region, own) => (backend = isNative ? nativePool()(region, own) : own))
parentPort?.once('message', () => parentPort?.postMessage(race(backend as PoolBackend, new Claims(claims), { models, leases })))
parentPort?.postMessage('attached')
