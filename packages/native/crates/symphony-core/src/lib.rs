//! The hot paths of Symphony's components, over their regions of shared memory.
//!
//! Nothing here knows of JavaScript, of clocks or of chance: a command is a function of the region and its arguments. After the same
//! commands the region holds the same bytes as the TypeScript backend leaves, so the two can take turns.
//!
//! Arguments that may be wrong are refused before anything is written ([`Refusal`]). What must hold and does not is a panic: then the
//! region is in the middle of a change, and whoever called throws it away.
#![forbid(unsafe_code)]

pub mod dag;
pub mod pool;
pub mod ranges;
pub mod refusal;
pub mod rows;
