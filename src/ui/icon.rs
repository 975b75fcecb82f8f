//! The portal's icons: 16 pixels, one stroke, in the colour of the text beside them.

use super::live::view;
use leptos::prelude::*;

/// An icon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Glyph {
    /// Adds something.
    Plus,
    /// Opens a list below.
    ChevronDown,
    /// Opens what is folded away.
    ChevronRight,
    /// Closes.
    Close,
    /// Copies.
    Copy,
    /// Done.
    Check,
    /// More actions.
    More,
    /// Looks for something.
    Search,
    /// Shows a secret.
    Eye,
    /// Hides a secret.
    EyeOff,
    /// Turns over.
    Rotate,
    /// Stops for a while.
    Pause,
    /// Starts.
    Play,
    /// Deletes.
    Trash,
    /// A warning.
    Warning,
    /// Something to know.
    Info,
    /// Light theme.
    Sun,
    /// Dark theme.
    Moon,
    /// The theme of the system.
    Screen,
    /// Leaves.
    Leave,
    /// Opens elsewhere.
    Open,
}

impl Glyph {
    fn path(self) -> &'static str {
        match self {
            Self::Plus => "M8 3v10M3 8h10",
            Self::ChevronDown => "m4 6 4 4 4-4",
            Self::ChevronRight => "m6 4 4 4-4 4",
            Self::Close => "m4 4 8 8M12 4l-8 8",
            Self::Copy => "M5.5 5.5v-3h8v8h-3M2.5 5.5h8v8h-8z",
            Self::Check => "m3 8.5 3.5 3.5L13 5",
            Self::More => "M3.5 8h.01M8 8h.01M12.5 8h.01",
            Self::Search => "M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10Zm3.6-1.4L14 14",
            Self::Eye => {
                "M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8ZM8 10a2 2 0 1 0 0-4 2 2 0 0 0 0 4Z"
            }
            Self::EyeOff => {
                "M6.5 3.7A6 6 0 0 1 8 3.5c4 0 6.5 4.5 6.5 4.5a11 11 0 0 1-2 2.5M4 4.8A11 11 0 0 0 1.5 8S4 12.5 8 12.5a6 6 0 0 0 3-.8M2 2l12 12"
            }
            Self::Rotate => "M13.5 8a5.5 5.5 0 1 1-1.6-3.9M13.5 2v3h-3",
            Self::Pause => "M5.5 3.5v9M10.5 3.5v9",
            Self::Play => "M4.5 3v10l8-5z",
            Self::Trash => "M2.5 4.5h11M6 4.5v-2h4v2M4 4.5l.6 9h6.8l.6-9M6.7 7v4M9.3 7v4",
            Self::Warning => "M8 2 1.5 13.5h13zM8 6.5v3.2M8 11.8h.01",
            Self::Info => "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12Zm0-6.5v3.5M8 5h.01",
            Self::Sun => {
                "M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM8 1.5v1M8 13.5v1M1.5 8h1M13.5 8h1M3.4 3.4l.7.7M11.9 11.9l.7.7M3.4 12.6l.7-.7M11.9 4.1l.7-.7"
            }
            Self::Moon => "M13.5 9.5A5.8 5.8 0 0 1 6.5 2.5a5.8 5.8 0 1 0 7 7Z",
            Self::Screen => "M2 3h12v8H2zM5.5 14h5M8 11v3",
            Self::Leave => "M6.5 2.5h-4v11h4M6.5 8h7M11 5.3 13.6 8 11 10.7",
            Self::Open => "M9 2.5h4.5V7M13.2 2.8 7.5 8.5M11.5 9.5v4h-9v-9h4",
        }
    }
}

/// Shows an icon. It says nothing to a screen reader: the text beside it does.
#[component]
pub fn Icon(
    /// Which one.
    glyph: Glyph,
) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">
            <path d=glyph.path()></path>
        </svg>
    }
}
