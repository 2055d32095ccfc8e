//! What every method of a handle does before and after the core's work, and how values and refusals cross.

use std::cell::RefCell;
use std::sync::atomic::{AtomicU32, Ordering};

use napi::{Error, Status};
use symphony_core::refusal::Refusal;
use symphony_layout::header::Mismatch;

use crate::panics;

static LIVE: AtomicU32 = AtomicU32::new(0);

pub fn live_handles() -> u32 {
    LIVE.load(Ordering::Relaxed)
}

/// What is attached to a region. Calls come one at a time; one that panics is the last.
pub struct Handle<T> {
    inside: RefCell<Option<Inside<T>>>,
}

struct Inside<T> {
    attached: T,
    /// True while a call is under way, and for ever after one that panicked.
    is_poisoned: bool,
    _counted: Counted,
}

/// Counts handles: what is made dies exactly once.
struct Counted;

impl Drop for Counted {
    fn drop(&mut self) {
        LIVE.fetch_sub(1, Ordering::Relaxed);
    }
}

impl<T> Handle<T> {
    pub fn new(attached: T) -> Self {
        LIVE.fetch_add(1, Ordering::Relaxed);
        Self { inside: RefCell::new(Some(Inside { attached, is_poisoned: false, _counted: Counted })) }
    }

    pub fn detach(&self) -> napi::Result<()> {
        panics::point();
        let mut inside =
            self.inside.try_borrow_mut().map_err(|_| coded("BACKEND_PANIC", "a handle was detached from within its own call"))?;
        *inside = None;
        Ok(())
    }

    #[inline]
    pub fn call<R>(&self, work: impl FnOnce(&mut T) -> Result<R, Refusal>) -> napi::Result<R> {
        panics::point();
        let mut inside =
            self.inside.try_borrow_mut().map_err(|_| coded("BACKEND_PANIC", "a handle was called from within its own call"))?;
        let Some(inside) = inside.as_mut() else { return Err(coded("CLOSED", "the handle was detached; attach the backend again")) };
        if inside.is_poisoned {
            return Err(coded("BACKEND_PANIC", "the native backend has panicked over this region before; attach another one"));
        }
        inside.is_poisoned = true;
        let result = work(&mut inside.attached);
        inside.is_poisoned = false;
        result.map_err(|refusal| refused(&refusal))
    }
}

pub fn refused(refusal: &Refusal) -> Error {
    coded(refusal.code(), &refusal.message())
}

/// An error as it crosses: the wrapper reads the code off the message.
pub fn coded(code: &str, message: &str) -> Error {
    Error::new(Status::GenericFailure, format!("{code}: {message}"))
}

pub fn mismatched(mismatch: &Mismatch) -> Error {
    match mismatch {
        Mismatch::Corrupt => coded("REGION_CORRUPT", "the bytes are not a region, or it is not as long as its header says"),
        Mismatch::Layout { expected, found } => coded(
            "LAYOUT_MISMATCH",
            &format!(
                "the region was laid out otherwise ({found:016x}) than this binary was built for ({expected:016x}); use matching versions"
            ),
        ),
    }
}

/// A row or count. Numbers come as `f64`, because a conversion to an integer would make one of those that are none.
#[inline]
pub fn whole(value: f64, name: &str) -> Result<usize, Refusal> {
    let whole = value as usize;
    if whole as f64 == value { Ok(whole) } else { Err(Refusal::Argument(format!("{name} has to be a whole number from 0, not {value}"))) }
}

/// A number of a region: any whole one of 32 bits.
#[inline]
pub fn word(value: f64, name: &str) -> Result<i32, Refusal> {
    let word = value as i32;
    if f64::from(word) == value {
        Ok(word)
    } else {
        Err(Refusal::Argument(format!("{name} has to be a whole number of 32 bits, not {value}")))
    }
}

#[inline]
pub fn time(value: f64, name: &str) -> Result<f64, Refusal> {
    if value.is_nan() { Err(Refusal::Argument(format!("{name} has to be a number"))) } else { Ok(value) }
}

/// What an `Int32Array` makes of a number.
pub fn int32(value: f64) -> i32 {
    if value.is_finite() { (value.trunc() % 4_294_967_296.0) as i64 as i32 } else { 0 }
}
