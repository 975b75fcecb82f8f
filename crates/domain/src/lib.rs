//! Rules without I/O: the text and life of keys, the throttle, who may do what, and what an update takes
//! and keeps.
//!
//! Knows nothing of runtimes, databases, HTTP, clocks or sources of randomness: time and entropy
//! are handed in.

pub mod access;
mod base62;
pub mod key;
pub mod load;
pub mod rotation;
pub mod schema;
pub mod split;
pub mod stay;
pub mod throttle;
pub mod update;
