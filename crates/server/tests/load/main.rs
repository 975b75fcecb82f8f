//! The real server under load and faults, as its callers meet it: the `portico` binary as a process of
//! its own, the real ONNX Runtime, HTTP over loopback.
//!
//! `PORTICO_ONNXRUNTIME` must name the library: without it these tests fail, they don't skip.

#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod bulk;
mod endless;
mod http;
mod jobs;
mod killed;
#[path = "../linear/mod.rs"]
mod linear;
mod linear_service;
mod rotations;
mod server;
mod sockets;
mod stopping;
mod storm;
mod swaps;
mod throttle;
mod uploads;
