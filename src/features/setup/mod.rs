//! The first start: makes the first administrator.

mod page;
mod text;

pub use page::SetupPage;
