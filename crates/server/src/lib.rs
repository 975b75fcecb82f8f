//! The Portico backend: REST, classic's wire, scoring, and everything they stand on.

pub mod access;
pub mod acts;
pub mod app;
pub mod area;
pub mod audit;
pub mod batch;
pub mod calls;
pub mod classic;
pub mod cli;
pub mod clock;
pub mod convert;
pub mod demo;
pub mod error;
pub mod http;
pub mod inference;
pub mod keys;
pub mod outgoing;
pub mod package;
pub mod rollout;
pub mod scoring;
pub mod settings;
pub mod snapshot;
pub mod store;
pub mod throttle;
pub mod usage;
pub mod vetting;
