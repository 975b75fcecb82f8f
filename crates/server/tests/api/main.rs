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
mod describing;
mod documents;
mod drafts;
mod endpoints;
mod histories;
mod inference;
mod jobs;
mod keys;
mod lab;
mod leaks;
mod limits;
#[path = "../linear/mod.rs"]
mod linear;
mod management;
mod many;
mod models;
mod names;
mod notices;
mod origins;
mod parameters;
mod penguins;
mod publishing;
mod rewrap;
mod rollouts;
mod runs;
mod sealing;
mod sessions;
mod support;
mod tokens;
mod trail;
mod updating;
mod usage;
mod vetting;
mod wires;
mod world;

/// A figure for whoever reads the test's output.
#[expect(
    clippy::print_stderr,
    reason = "shown where output is asked for, or the test fails"
)]
fn note(figures: &str) {
    eprintln!("{figures}");
}
