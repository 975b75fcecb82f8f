//! The grid and the way to its worker. Knows nothing of pages: it shows rows that it asks for, and
//! says what a person does with them.

pub mod act;
pub mod cache;
pub mod clipboard;
pub mod core;
pub mod editor;
pub mod grid;
pub mod head;
pub mod item;
pub mod keyboard;
pub mod listen;
pub mod pane;
pub mod selection;
pub mod viewport;
pub mod worker;

pub use core::{Active, Wish};
pub use grid::Grid;
pub use worker::{Clip, Heard, Link};
