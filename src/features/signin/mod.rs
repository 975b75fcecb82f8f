//! Signing in, with a password or a one-time link.

mod page;
mod text;

pub use page::{Entrance, SignInPage};
