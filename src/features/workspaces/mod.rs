//! Workspaces: the list, one workspace with its web services, and what a customer was granted.

mod create;
mod list;
mod mine;
mod page;
mod text;

pub use list::{HomePage, WorkspacesPage};
pub use page::WorkspacePage;
