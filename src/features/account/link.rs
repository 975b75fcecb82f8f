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

/// The token of a one-time link that was not used yet; made once in the root of the application.
#[derive(Clone, Copy)]
pub struct Link {
    token: RwSignal<Option<String>>,
}

impl Link {
    /// Holds the token until a page uses it. A link that is pasted into the open page counts as well.
    pub fn new(token: Option<String>) -> Self {
        let link = Self {
            token: RwSignal::new(token),
        };
        let pasted = window_event_listener(ev::hashchange, move |_| {
            if let Some(token) = take_token() {
                link.token.try_set(Some(token));
            }
        });
        on_cleanup(move || pasted.remove());
        link
    }

    /// Whether a token waits to be used, tracked.
    pub fn waits(self) -> bool {
        self.token.read().is_some()
    }

    /// Takes the token, not tracked.
    pub fn take(self) -> Option<String> {
        self.token.try_update(Option::take).flatten()
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
