//! What the portal does, one folder for each feature. A feature may use `ui`, `client`, `routes`
//! and `session`; `ui` and `client` know no feature.
//!
//! What is not named here belongs to a program of its own (`src/bin`), which `later` gives a place.

pub mod account;
pub mod consume;
pub mod endpoints;
pub mod keys;
pub mod later;
pub mod services;
pub mod setup;
pub mod shell;
pub mod signin;
pub mod tryit;
pub mod workspaces;
