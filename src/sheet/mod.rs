//! The grid and the way to its worker. Knows nothing of pages: it shows rows that it asks for, and
//! says what a person does with them.

pub mod act;
pub mod cache;
pub mod clipboard;
pub mod core;
pub mod editing;
pub mod editor;
pub mod grid;
pub mod head;
pub mod item;
pub mod keyboard;
pub mod listen;
pub mod look;
pub mod pane;
pub mod pointer;
pub mod selection;
pub mod tell;
pub mod viewport;
pub mod wish;
pub mod worker;

pub use grid::Grid;
pub use wish::{Active, Wish};
pub use worker::{Clip, Heard, Link};
