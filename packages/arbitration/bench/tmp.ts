import { createArbitrationEngine } from '@symphony/arbitration'
import { EventRing } from '@symphony/shared-memory'
for (const B of [256]) {
const engine = createArbitrationEngine({}, { events: new EventRing() })
const t = Array.from({length:16},(_, i)=>engine.tenantNumber('t'+i))
const batch = { model: 0 as never, count: B, tags: new Int32Array(B), tenants: Int32Array.from({length:B},(_, i)=>t[i%16]!), priorities: new Int32Array(B), scores: new Float64Array(B), tickets: new Float64Array(B) }
const durations = new Float64Array(B).fill(1)
for (let round=0; round<6; round++) {
  let a=0n,s=0n; const N=Math.floor(1000000/B)
  for (let n=0;n<N;n++){ const x=process.hrtime.bigint(); if(engine.admitNow(batch)!==B) throw 1; const y=process.hrtime.bigint(); engine.settleNow(batch.tickets,B,0,durations); const z=process.hrtime.bigint(); a+=y-x; s+=z-y }
  if(round===5) console.log(B,'admit',Number(a)/N/B,'settle',Number(s)/N/B,'ns (timer ~50ns/B included)')
}}
