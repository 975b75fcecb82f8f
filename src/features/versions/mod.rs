//! The versions of a web service: the list, and the page of one.

mod columns;
mod difference;
mod list;
mod model;
mod page;
mod parity;
mod stay;
mod text;

pub use difference::Differences;
pub use list::VersionsTab;
pub use page::VersionPage;
pub use parity::ParityCard;
