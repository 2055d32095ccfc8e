//! Node-API over `symphony-core`. The rules are in `packages/native/BRIDGE.md`.

mod crossing;
mod dag;
mod memory;
mod panics;

use napi_derive::napi;
use symphony_layout::{dag as dag_layout, pool as pool_layout};

/// Raised when a signature changes. The TypeScript side has the same number.
pub const BRIDGE_VERSION: u32 = 1;

/// What this binary was built for.
#[napi(object)]
pub struct BindingDescription {
    /// Of the npm package, whose build compiled it in.
    pub version: String,
    pub bridge: u32,
    /// Fingerprints of the layouts, as sixteen hexadecimal digits.
    pub dag_layout: String,
    pub pool_layout: String,
}

#[napi(catch_unwind)]
pub fn describe() -> napi::Result<BindingDescription> {
    panics::point();
    Ok(BindingDescription {
        version: option_env!("SYMPHONY_VERSION").unwrap_or("unknown").to_string(),
        bridge: BRIDGE_VERSION,
        dag_layout: format!("{:016x}", dag_layout::FINGERPRINT),
        pool_layout: format!("{:016x}", pool_layout::FINGERPRINT),
    })
}

/// Handles that have not died, in this process.
#[napi(catch_unwind)]
pub fn live_handles() -> napi::Result<u32> {
    panics::point();
    Ok(crossing::live_handles())
}

/// Makes the next export of this thread panic that is called. For tests of what happens then.
#[napi(catch_unwind)]
pub fn panic_next() -> napi::Result<()> {
    panics::point();
    panics::arm();
    Ok(())
}

/// Where this thread panicked last, `file:line:column`, and null when it never did.
#[napi(catch_unwind)]
pub fn last_panic() -> napi::Result<Option<String>> {
    panics::point();
    Ok(panics::last())
}
