//! Light, dark or as the system says. Kept in this browser; the page's own script reads it before
//! the first paint.

use leptos::prelude::*;

const STORED_AS: &str = "portico-theme";

/// A choice of theme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// Always light.
    Light,
    /// Always dark.
    Dark,
    /// As the system says.
    System,
}

impl Theme {
    /// The choice that is in force.
    pub fn current() -> Self {
        let chosen = document()
            .document_element()
            .and_then(|root| root.get_attribute("data-theme"));
        match chosen.as_deref() {
            Some("light") => Self::Light,
            Some("dark") => Self::Dark,
            _ => Self::System,
        }
    }

    /// Puts the choice in force and keeps it in this browser, where that is allowed.
    pub fn choose(self) {
        let name = match self {
            Self::Light => Some("light"),
            Self::Dark => Some("dark"),
            Self::System => None,
        };
        if let Some(root) = document().document_element() {
            // Both fail only for a name that is no attribute's.
            let _ = match name {
                Some(name) => root.set_attribute("data-theme", name),
                None => root.remove_attribute("data-theme"),
            };
        }
        if let Ok(Some(storage)) = window().local_storage() {
            // A browser that keeps nothing still shows the theme until the page is left.
            let _ = match name {
                Some(name) => storage.set_item(STORED_AS, name),
                None => storage.remove_item(STORED_AS),
            };
        }
    }
}
