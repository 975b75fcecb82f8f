//! Endpoints: adding one, and the page of one with its settings. The rules stand in plain modules
//! (`form`, `limit`, `naming`, `settings`, `state`); the others only show.

pub mod add;
mod add_fields;
mod add_state;
mod batch;
mod configure;
mod conflict;
mod created;
mod delete;
mod facts;
pub mod form;
pub mod limit;
mod limit_selector;
mod mint;
pub mod naming;
mod page;
pub mod settings;
mod settings_form;
pub mod state;

pub use mint::random_hex;
pub use page::EndpointPage;
