//! Tells screen readers of a new page and moves the focus to its heading.

use crate::routes::Page;
use leptos::html;
use leptos::prelude::*;

/// Announces pages; made once in the shell.
#[derive(Clone, Copy)]
pub struct Announcer {
    /// The page of the address, whatever its tab.
    place: Memo<Option<Page>>,
    /// The page whose heading was seen last.
    seen: StoredValue<Option<Option<Page>>>,
    text: RwSignal<String>,
}

impl Announcer {
    /// Nothing to announce yet.
    pub fn new(place: Memo<Option<Page>>) -> Self {
        Self {
            place,
            seen: StoredValue::new(None),
            text: RwSignal::new(String::new()),
        }
    }

    /// A page's heading is there: names the window after it. On a page that the person came to from
    /// another one, also speaks it and moves the focus to it.
    pub fn heading(self, title: &str, heading: NodeRef<html::H1>) {
        document().set_title(&format!("{title} · Portico"));
        let place = self.place.get_untracked();
        let before = self.seen.get_value();
        if before.as_ref() == Some(&place) {
            return;
        }
        self.seen.set_value(Some(place));
        if before.is_some() {
            self.text.set(title.to_owned());
            if let Some(heading) = heading.get_untracked() {
                // Focusing fails only for an element outside the document.
                let _ = heading.focus();
            }
        }
    }

    /// What is spoken, tracked.
    pub fn text(self) -> String {
        self.text.get()
    }
}
