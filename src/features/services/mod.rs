//! One web service: its endpoints, and where its versions and its ledger appear.

mod delete;
mod endpoints;
mod model;
mod page;
mod row;
mod text;

pub use model::limit_in_words;
pub use page::ServicePage;
pub use row::StateBadge;
