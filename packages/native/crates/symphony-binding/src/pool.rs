//! The pool's backend over one region, for one thread.

use napi::bindgen_prelude::{Int32ArraySlice, Unknown};
use napi_derive::napi;
use symphony_core::pool::Pool;
use symphony_core::refusal::Refusal;
use symphony_layout::bytes::Ints;

use crate::crossing::{Slots, coded, mismatched, refused, whole, word};
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

/// What a region is worked on through. JavaScript holds the object; hot calls pass its number.
#[napi(js_name = "PoolHandle")]
pub struct PoolHandle {
    number: u32,
}

thread_local! {
    static HANDLES: Slots<Attached> = const { Slots::new() };
}

impl Drop for PoolHandle {
    fn drop(&mut self) {
        // A thread that is ending may have given them up already.
        let _ = HANDLES.try_with(|handles| handles.remove(self.number));
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
        Ok(Self { number: HANDLES.with(|handles| handles.insert(attached))? })
    }

    /// What hot calls name this handle by. Never used again for another one.
    #[napi(catch_unwind)]
    pub fn number(&self) -> napi::Result<u32> {
        panics::point();
        Ok(self.number)
    }

    /// Lets go of the region. A second call does nothing.
    #[napi(catch_unwind)]
    pub fn detach(&self) -> napi::Result<()> {
        panics::point();
        HANDLES.with(|handles| handles.detach(self.number))
    }
}

#[inline]
fn call<R>(handle: f64, work: impl FnOnce(&mut Attached) -> Result<R, Refusal>) -> napi::Result<R> {
    HANDLES.with(|handles| handles.call(handle, work))
}

#[inline]
fn on<R>(handle: f64, work: impl FnOnce(&mut Pool<'static>) -> Result<R, Refusal>) -> napi::Result<R> {
    call(handle, |attached| work(&mut attached.pool))
}

/// Returns the slot, -1 for none; leaves its word in the outbox.
#[napi(catch_unwind)]
pub fn pool_take_slot(handle: f64, model: f64) -> napi::Result<i32> {
    call(handle, |attached| {
        let Some(taken) = attached.pool.take_slot(whole(model, "model")?)? else { return Ok(-1) };
        attached.outbox.set(TAKEN, taken.word);
        Ok(taken.slot as i32)
    })
}

/// Returns how many were taken.
#[napi(catch_unwind)]
pub fn pool_take_slots(handle: f64, model: f64, slots: Int32ArraySlice<'_>, words: Int32ArraySlice<'_>, count: f64) -> napi::Result<u32> {
    on(handle, |pool| Ok(pool.take_slots(whole(model, "model")?, ints(&slots), ints(&words), whole(count, "count")?)? as u32))
}

#[napi(catch_unwind)]
pub fn pool_end_lease(handle: f64, slot: f64, lease: f64) -> napi::Result<bool> {
    on(handle, |pool| pool.end_lease(whole(slot, "slot")?, word(lease, "word")?))
}

/// Returns the word of the lease that was taken back, 0 for none.
#[napi(catch_unwind)]
pub fn pool_take_back(handle: f64, slot: f64) -> napi::Result<i32> {
    on(handle, |pool| pool.take_back(whole(slot, "slot")?))
}

/// Returns whether the instance is closed.
#[napi(catch_unwind)]
pub fn pool_free_slot(handle: f64, slot: f64) -> napi::Result<bool> {
    on(handle, |pool| pool.free_slot(whole(slot, "slot")?))
}

#[napi(catch_unwind)]
pub fn pool_free_gate_slots(handle: f64, gate: f64, bits: f64) -> napi::Result<bool> {
    on(handle, |pool| pool.free_gate_slots(whole(gate, "gate")?, word(bits, "bits")?))
}

/// Leaves the word of the lease in the outbox.
#[napi(catch_unwind)]
pub fn pool_relet(handle: f64, slot: f64) -> napi::Result<()> {
    call(handle, |attached| {
        let word = attached.pool.relet(whole(slot, "slot")?)?;
        attached.outbox.set(TAKEN, word);
        Ok(())
    })
}

#[napi(catch_unwind)]
pub fn pool_open_instance(handle: f64, instance: f64) -> napi::Result<()> {
    on(handle, |pool| pool.open_instance(whole(instance, "instance")?))
}

#[napi(catch_unwind)]
pub fn pool_close_instance(handle: f64, instance: f64) -> napi::Result<()> {
    on(handle, |pool| pool.close_instance(whole(instance, "instance")?))
}

#[napi(catch_unwind)]
pub fn pool_used_slots(handle: f64, instance: f64) -> napi::Result<u32> {
    on(handle, |pool| Ok(pool.used_slots(whole(instance, "instance")?)? as u32))
}

#[napi(catch_unwind)]
pub fn pool_free_slots(handle: f64, model: f64) -> napi::Result<u32> {
    on(handle, |pool| Ok(pool.free_slots(whole(model, "model")?)? as u32))
}
