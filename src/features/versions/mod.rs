//! The versions of a web service: the list, and the page of one.

mod columns;
mod list;
mod model;
mod text;

pub use list::VersionsTab;
