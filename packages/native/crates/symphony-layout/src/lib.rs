//! The regions of Symphony's components as Rust sees them.
//!
//! What is in `generated` comes from the TypeScript layouts: never edit it, run the generator. A region whose fingerprint differs
//! from the one compiled in here is refused, so a binary can never work on bytes it was not built for.

pub mod bytes;
pub mod format;
pub mod header;

#[rustfmt::skip]
#[path = "generated/dag.rs"]
pub mod dag;
#[rustfmt::skip]
#[path = "generated/pool.rs"]
pub mod pool;
