//! The server as its clients see it: a real listener, the real scoring process, real models.
//!
//! `PORTICO_ONNXRUNTIME` must name the library: without it these tests fail, they don't skip.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that can't go on has failed"
)]

mod access;
mod bodies;
mod calls;
mod endpoints;
mod keys;
mod leaks;
mod names;
mod origins;
mod penguins;
mod rewrap;
mod sealing;
mod sessions;
mod support;
mod trail;
mod usage;
mod wires;
mod world;
