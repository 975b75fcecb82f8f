//! What stands around every page: bar, breadcrumbs, account menu, page header, announcements.

mod account_menu;
mod announce;
mod crumbs;
mod frame;
mod header;
mod not_found;
mod offline;
mod scope;
mod start;
mod text;

pub use account_menu::{Mark, ThemeToggle};
pub use frame::Shell;
pub use header::PageHeader;
pub use not_found::{NotFoundPage, PageError};
pub use scope::use_scope;
pub use start::StartPage;
