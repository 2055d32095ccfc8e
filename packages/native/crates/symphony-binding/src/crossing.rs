//! What every method of a handle does before and after the core's work, and how values and refusals cross.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::atomic::{AtomicU32, Ordering};

use napi::{Error, Status};
use symphony_core::refusal::Refusal;
use symphony_layout::header::Mismatch;

use crate::panics;

static LIVE: AtomicU32 = AtomicU32::new(0);

pub fn live_handles() -> u32 {
    LIVE.load(Ordering::Relaxed)
}

/// What this thread has attached to regions, by number: a place in the list, and how often that place was taken before. A number is never
/// given out twice, so one that is kept for too long names nothing.
pub struct Slots<T> {
    places: RefCell<Vec<Place<T>>>,
}

struct Place<T> {
    taken_before: u32,
    inside: Rc<RefCell<Option<Inside<T>>>>,
}

struct Inside<T> {
    attached: T,
    /// True while a call is under way, and for ever after one that panicked.
    is_poisoned: bool,
    _counted: Counted,
}

/// Counts what is attached: what is made dies exactly once.
struct Counted;

impl Drop for Counted {
    fn drop(&mut self) {
        LIVE.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Handles a thread may have at once.
const PLACES_MAX: usize = 1 << 12;
const PLACE_BITS: u32 = 12;

impl<T> Slots<T> {
    pub const fn new() -> Self {
        Self { places: RefCell::new(Vec::new()) }
    }

    pub fn insert(&self, attached: T) -> napi::Result<u32> {
        let mut places = self.places.borrow_mut();
        let free = places.iter().position(|place| {
            place.inside.try_borrow().is_ok_and(|inside| inside.is_none()) && place.taken_before < (1 << (32 - PLACE_BITS)) - 1
        });
        if free.is_none() && places.len() == PLACES_MAX {
            return Err(coded("CAPACITY_EXCEEDED", "this thread has too many handles; detach those that are no longer needed"));
        }
        LIVE.fetch_add(1, Ordering::Relaxed);
        let inside = Rc::new(RefCell::new(Some(Inside { attached, is_poisoned: false, _counted: Counted })));
        let (place, taken_before) = match free {
            Some(place) => {
                let taken_before = places[place].taken_before + 1;
                places[place] = Place { taken_before, inside };
                (place, taken_before)
            }
            None => {
                places.push(Place { taken_before: 0, inside });
                (places.len() - 1, 0)
            }
        };
        Ok((taken_before << PLACE_BITS) | place as u32)
    }

    fn find(&self, number: u32) -> Option<Rc<RefCell<Option<Inside<T>>>>> {
        let places = self.places.borrow();
        let place = places.get(number as usize & (PLACES_MAX - 1))?;
        (place.taken_before == number >> PLACE_BITS).then(|| Rc::clone(&place.inside))
    }

    /// For a handle that has died: whatever it had goes with it.
    pub fn remove(&self, number: u32) {
        // One whose own call is under way cannot die: JavaScript holds it.
        if let Some(inside) = self.find(number)
            && let Ok(mut inside) = inside.try_borrow_mut()
        {
            *inside = None;
        }
    }

    pub fn detach(&self, number: u32) -> napi::Result<()> {
        let Some(inside) = self.find(number) else { return Ok(()) };
        let mut inside = inside.try_borrow_mut().map_err(|_| coded("BACKEND_PANIC", "a handle was detached from within its own call"))?;
        *inside = None;
        Ok(())
    }

    #[inline]
    pub fn call<R>(&self, number: f64, work: impl FnOnce(&mut T) -> Result<R, Refusal>) -> napi::Result<R> {
        panics::point();
        let whole = number as u32;
        let inside = if f64::from(whole) == number {
            self.find(whole)
        } else {
            return Err(coded("INVALID_ARGUMENT", "a handle is named by its number"));
        };
        let Some(inside) = inside else { return Err(closed()) };
        let mut inside = inside.try_borrow_mut().map_err(|_| coded("BACKEND_PANIC", "a handle was called from within its own call"))?;
        let Some(inside) = inside.as_mut() else { return Err(closed()) };
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

fn closed() -> Error {
    coded("CLOSED", "the handle was detached; attach the backend again")
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
