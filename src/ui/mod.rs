//! Plain components on the browser's own elements: what every page is made of.
//!
//! Knows nothing of features, routes or the session.

pub mod act;
pub mod badge;
pub mod button;
pub mod choice;
pub mod code;
pub mod confirm;
pub mod copy;
pub mod dialog;
pub mod empty;
pub mod error;
pub mod field;
pub mod file;
pub mod focus;
pub mod icon;
pub mod leave;
pub mod letters;
pub mod listing;
pub mod live;
pub mod load;
pub mod menu;
pub mod menu_entry;
pub mod number;
pub mod resource;
pub mod skeleton;
pub mod switch;
pub mod table;
pub mod tabs;
pub mod time;
pub mod timer;
pub mod toast;

pub use badge::{Badge, Tone};
pub use button::{Button, ButtonKind};
pub use code::CodeBlock;
pub use confirm::Confirm;
pub use copy::{CopyButton, CopySource};
pub use dialog::Dialog;
pub use empty::EmptyState;
pub use error::ErrorPanel;
pub use field::{Field, FieldIds, TextArea, TextInput};
pub use file::{ChooseFile, FileDrop};
pub use icon::{Glyph, Icon};
pub use listing::{Listing, ListingView};
pub(crate) use live::view;
pub use load::Loaded;
pub use menu::Menu;
pub use menu_entry::{MenuButton, MenuLink};
pub use skeleton::Skeleton;
pub use switch::Switch;
pub use table::TableFrame;
pub use tabs::{Tab, Tabs};
pub use time::RelativeTime;
pub use toast::ToastHost;
