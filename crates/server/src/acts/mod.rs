//! What people do, each in one transaction: the rule is asked, the change written, its audit row and
//! revision beside it; then the snapshot that calls read is brought up to date. Knows no HTTP.

pub mod customers;
pub mod drafts;
pub mod endpoints;
pub mod grace;
pub mod key_check;
pub mod keys;
mod known;
pub mod leaks;
pub mod many;
pub mod models;
pub mod notices;
pub mod people;
pub mod revisions;
pub mod rewrap;
pub mod rollouts;
pub mod runs;
pub mod services;
pub mod tokens;
pub mod updates;
pub mod versions;
pub mod workspaces;

use crate::error::Error;
use portico_api::name::{check_description, check_title};

/// What a creating act did.
#[derive(Debug)]
pub enum Made<T> {
    /// It made this.
    New(T),
    /// The same request made this before.
    Before(T),
}

fn title(text: &str) -> Result<String, Error> {
    check_title(text)
        .map_err(|problem| Error::field("/name", problem.code(), problem.to_string()))?;
    Ok(text.trim().to_owned())
}

fn description(text: &str) -> Result<(), Error> {
    check_description(text)
        .map_err(|problem| Error::field("/description", problem.code(), problem.to_string()))
}
