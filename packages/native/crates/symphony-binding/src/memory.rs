//! The one place where the binding vouches for memory: see `symphony_layout::bytes` for what is promised.
#![allow(unsafe_code)]

use napi::bindgen_prelude::{Float64ArraySlice, FromNapiValue, Int32ArraySlice, JsValue, Uint8Array, Unknown};
use napi::sys;
use symphony_layout::bytes::{Bytes, Floats, Ints};

use crate::crossing::coded;

/// Shared memory and the view that keeps it alive.
pub struct Shared {
    pub bytes: Bytes<'static>,
    _view: Uint8Array,
}

impl Shared {
    /// Takes a `Uint8Array` over the whole of a `SharedArrayBuffer`. Other buffers can be detached while we hold them.
    ///
    /// The bytes must not be used after this value is dropped: whoever keeps both drops it last.
    pub fn of(value: Unknown<'_>) -> napi::Result<Self> {
        let mut buffer = std::ptr::null_mut();
        let mut is_detachable = true;
        let raw = value.value();
        // SAFETY: reads of a value of the environment that called us; the view comes first, so that it is known to be one.
        let (view, status) = unsafe {
            let view = Uint8Array::from_napi_value(raw.env, raw.value)?;
            let nothing = std::ptr::null_mut::<usize>();
            let mut status = sys::napi_get_typedarray_info(
                raw.env,
                raw.value,
                nothing.cast(),
                nothing.cast(),
                nothing.cast(),
                &mut buffer,
                nothing.cast(),
            );
            if status == sys::Status::napi_ok {
                status = sys::napi_is_arraybuffer(raw.env, buffer, &mut is_detachable);
            }
            (view, status)
        };
        if status != sys::Status::napi_ok || is_detachable {
            return Err(coded("INVALID_ARGUMENT", "a region is handed over as a Uint8Array over a SharedArrayBuffer"));
        }
        // SAFETY: the memory of a SharedArrayBuffer never moves and lives as long as the view, which is kept beside it; everybody
        // else who touches it does so from JavaScript, or through atomics.
        let bytes = unsafe { Bytes::over(view.as_ptr().cast_mut(), view.len()) };
        Ok(Self { bytes, _view: view })
    }
}

/// An array for the time of a call in which no JavaScript runs.
pub fn ints<'a>(array: &'a Int32ArraySlice<'_>) -> Ints<'a> {
    // SAFETY: only this thread could detach the array, and it is here; shared memory is touched through atomics on our side.
    unsafe { Bytes::over(array.as_ptr().cast_mut().cast(), size_of_val::<[i32]>(array)) }.ints(0, array.len())
}

pub fn floats<'a>(array: &'a Float64ArraySlice<'_>) -> Floats<'a> {
    // SAFETY: as for `ints`.
    unsafe { Bytes::over(array.as_ptr().cast_mut().cast(), size_of_val::<[f64]>(array)) }.floats(0, array.len())
}
