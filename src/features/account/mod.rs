//! The signed-in person's own matters: one-time links, the password asked again, the theme.

pub mod link;
pub mod step_up;
mod text;
pub mod theme;
