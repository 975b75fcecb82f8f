//! The server as its clients see it: a real listener, the real scoring process, real models.
//!
//! `PORTICO_ONNXRUNTIME` must name the library: without it these tests fail, they don't skip.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that can't go on has failed"
)]

mod access;
mod area;
mod bodies;
mod calls;
mod documents;
mod endpoints;
mod inference;
mod jobs;
mod keys;
mod leaks;
mod limits;
mod management;
mod many;
mod models;
mod names;
mod origins;
mod parameters;
mod penguins;
mod rewrap;
mod rollouts;
mod sealing;
mod sessions;
mod support;
mod tokens;
mod trail;
mod usage;
mod wires;
mod world;
