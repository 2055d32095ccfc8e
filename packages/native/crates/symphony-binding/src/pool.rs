//! The pool's backend over one region, for one thread.

use napi::bindgen_prelude::{Int32ArraySlice, Unknown};
use napi_derive::napi;
use symphony_core::pool::Pool;
use symphony_core::refusal::Refusal;
use symphony_layout::bytes::Ints;

use crate::crossing::{Handle, coded, mismatched, refused, whole, word};
use crate::memory::{Shared, ints};
use crate::panics;

/// Place in the outbox: the word of the lease that began last.
const TAKEN: usize = 0;

/// Dropped in this order: nothing that looks at the memory outlives it.
struct Attached {
    pool: Pool<'static>,
    outbox: Ints<'static>,
    _region: Shared,
    _outbox: Shared,
}

#[napi(js_name = "PoolHandle")]
pub struct PoolHandle {
    handle: Handle<Attached>,
}

impl PoolHandle {
    #[inline]
    fn on<R>(&self, work: impl FnOnce(&mut Pool<'static>) -> Result<R, Refusal>) -> napi::Result<R> {
        self.handle.call(|attached| work(&mut attached.pool))
    }
}

#[napi]
impl PoolHandle {
    /// Attaches to a region. `outbox` is shared memory of one `i32`; `holder` is 0 for the thread that runs the pool.
    #[napi(constructor, catch_unwind)]
    pub fn new(region: Unknown<'_>, outbox: Unknown<'_>, holder: f64) -> napi::Result<Self> {
        panics::point();
        let region = Shared::of(region)?;
        let outbox = Shared::of(outbox)?;
        let pool = Pool::attach(region.bytes).map_err(|mismatch| mismatched(&mismatch))?;
        let pool = whole(holder, "holder").and_then(|holder| pool.held_by(holder)).map_err(|refusal| refused(&refusal))?;
        if outbox.bytes.length() < 4 {
            return Err(coded("INVALID_ARGUMENT", "the outbox has room for one word at least"));
        }
        let attached = Attached { pool, outbox: outbox.bytes.ints(0, 1), _region: region, _outbox: outbox };
        Ok(Self { handle: Handle::new(attached) })
    }

    /// Lets go of the region. A second call does nothing.
    #[napi(catch_unwind)]
    pub fn detach(&self) -> napi::Result<()> {
        self.handle.detach()
    }

    /// Returns the slot, -1 for none; leaves its word in the outbox.
    #[napi(catch_unwind)]
    pub fn take_slot(&self, model: f64) -> napi::Result<i32> {
        self.handle.call(|attached| {
            let Some(taken) = attached.pool.take_slot(whole(model, "model")?)? else { return Ok(-1) };
            attached.outbox.set(TAKEN, taken.word);
            Ok(taken.slot as i32)
        })
    }

    /// Returns how many were taken.
    #[napi(catch_unwind)]
    pub fn take_slots(&self, model: f64, slots: Int32ArraySlice<'_>, words: Int32ArraySlice<'_>, count: f64) -> napi::Result<u32> {
        self.on(|pool| Ok(pool.take_slots(whole(model, "model")?, ints(&slots), ints(&words), whole(count, "count")?)? as u32))
    }

    #[napi(catch_unwind)]
    pub fn end_lease(&self, slot: f64, lease: f64) -> napi::Result<bool> {
        self.on(|pool| pool.end_lease(whole(slot, "slot")?, word(lease, "word")?))
    }

    /// Returns the word of the lease that was taken back, 0 for none.
    #[napi(catch_unwind)]
    pub fn take_back(&self, slot: f64) -> napi::Result<i32> {
        self.on(|pool| pool.take_back(whole(slot, "slot")?))
    }

    /// Returns whether the instance is closed.
    #[napi(catch_unwind)]
    pub fn free_slot(&self, slot: f64) -> napi::Result<bool> {
        self.on(|pool| pool.free_slot(whole(slot, "slot")?))
    }

    #[napi(catch_unwind)]
    pub fn free_gate_slots(&self, gate: f64, bits: f64) -> napi::Result<bool> {
        self.on(|pool| pool.free_gate_slots(whole(gate, "gate")?, word(bits, "bits")?))
    }

    /// Leaves the word of the lease in the outbox.
    #[napi(catch_unwind)]
    pub fn relet(&self, slot: f64) -> napi::Result<()> {
        self.handle.call(|attached| {
            let word = attached.pool.relet(whole(slot, "slot")?)?;
            attached.outbox.set(TAKEN, word);
            Ok(())
        })
    }

    #[napi(catch_unwind)]
    pub fn open_instance(&self, instance: f64) -> napi::Result<()> {
        self.on(|pool| pool.open_instance(whole(instance, "instance")?))
    }

    #[napi(catch_unwind)]
    pub fn close_instance(&self, instance: f64) -> napi::Result<()> {
        self.on(|pool| pool.close_instance(whole(instance, "instance")?))
    }

    #[napi(catch_unwind)]
    pub fn used_slots(&self, instance: f64) -> napi::Result<u32> {
        self.on(|pool| Ok(pool.used_slots(whole(instance, "instance")?)? as u32))
    }

    #[napi(catch_unwind)]
    pub fn free_slots(&self, model: f64) -> napi::Result<u32> {
        self.on(|pool| Ok(pool.free_slots(whole(model, "model")?)? as u32))
    }
}
