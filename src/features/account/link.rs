//! One-time links: the token stands in the address's fragment, which no server sees, and is taken
//! out of the address before anything else reads it.

use crate::routes::Page;
use leptos::ev;
use leptos::prelude::*;
use wasm_bindgen::JsValue;

/// Takes the token of a one-time link out of the address, so that it stays neither on screen nor in
/// the history.
pub fn take_token() -> Option<String> {
    let location = window().location();
    let path = location.pathname().ok()?;
    if !matches!(Page::parse(&path), Some(Page::Setup | Page::SignIn)) {
        return None;
    }
    let token = token_of(&location.hash().ok()?)?.to_owned();
    window()
        .history()
        .and_then(|history| history.replace_state_with_url(&JsValue::NULL, "", Some(&path)))
        .ok()?;
    Some(token)
}

/// The token in a fragment such as `#token=abc`.
fn token_of(fragment: &str) -> Option<&str> {
    fragment
        .strip_prefix("#token=")
        .filter(|token| !token.is_empty())
}

/// How far a one-time link is.
#[derive(Clone, PartialEq, Eq)]
enum Progress {
    /// There is none, or it did its work.
    None,
    /// Its token waits for its page.
    Waiting(String),
    /// Its page has taken the token.
    Taken,
}

/// The one-time link that the portal was opened with; made once in the root of the application.
#[derive(Clone, Copy)]
pub struct Link {
    progress: RwSignal<Progress>,
}

impl Link {
    /// Holds the token until a page takes it. A link that is pasted into the open page counts as
    /// well.
    pub fn new(token: Option<String>) -> Self {
        let link = Self {
            progress: RwSignal::new(token.map_or(Progress::None, Progress::Waiting)),
        };
        let pasted = window_event_listener(ev::hashchange, move |_| {
            if let Some(token) = take_token() {
                link.progress.try_set(Progress::Waiting(token));
            }
        });
        on_cleanup(move || pasted.remove());
        link
    }

    /// Whether there is a link whose work is not done, tracked.
    pub fn is_open(self) -> bool {
        *self.progress.read() != Progress::None
    }

    /// Takes the token, if one waits, tracked.
    pub fn take(self) -> Option<String> {
        let Progress::Waiting(token) = self.progress.get() else {
            return None;
        };
        self.progress.set(Progress::Taken);
        Some(token)
    }

    /// The link did its work, or is not needed any more.
    pub fn done(self) {
        self.progress.try_set(Progress::None);
    }
}

#[cfg(test)]
mod tests {
    use super::token_of;

    #[test]
    fn only_a_token_is_a_token() {
        assert_eq!(token_of("#token=abc"), Some("abc"));
        for fragment in ["", "#", "#token=", "#main", "token=abc"] {
            assert_eq!(token_of(fragment), None, "{fragment}");
        }
    }
}
