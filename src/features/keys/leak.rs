//! That somebody found a key and reported it.

use crate::ui::live::view;
use crate::ui::{Glyph, Icon, RelativeTime};
use leptos::prelude::*;
use portico_api::key::{Key, KeyState};

/// Says so, if it was; `advice` is what to do now.
pub fn leak_notice(key: &Key, advice: &'static str) -> Option<AnyView> {
    let time = key.leaked_at.clone()?;
    let found = key
        .leak_found_at
        .as_ref()
        .map(|place| format!(", found at {place}"));
    let now = match key.state {
        KeyState::Disabled => "It is switched off. ",
        _ => "It is not switched off. ",
    };
    let notice = view! {
        <p class="notice key-warning tone-bad">
            <Icon glyph=Glyph::Warning/>
            <span>"Reported as leaked " <RelativeTime time=time/> {found} ". " {now} {advice}</span>
        </p>
    };
    Some(notice.into_any())
}
