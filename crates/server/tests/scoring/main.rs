//! The scoring engine with its real child process and the real ONNX Runtime.
//!
//! `PORTICO_ONNXRUNTIME` must name the library: without it these tests fail, they don't skip.

#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod answers;
mod bench;
mod endings;
mod joining;
mod processes;
mod residents;
mod vetting;
