//! One web service: its endpoints and its versions.

mod columns;
mod delete;
mod endpoints;
mod model;
mod page;
mod row;
mod text;
mod versions;

pub use model::limit_in_words;
pub use page::ServicePage;
pub use row::StateBadge;
