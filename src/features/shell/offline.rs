//! Says when the browser has no network.

use super::text;
use crate::ui::choice::Show;
use crate::ui::live::view;
use crate::ui::{Glyph, Icon};
use leptos::ev;
use leptos::prelude::*;

/// A bar that is there while the browser is offline.
#[component]
pub fn OfflineBar() -> impl IntoView {
    let online = RwSignal::new(window().navigator().on_line());
    let gone = window_event_listener(ev::offline, move |_| {
        online.try_set(false);
    });
    let back = window_event_listener(ev::online, move |_| {
        online.try_set(true);
    });
    on_cleanup(move || {
        gone.remove();
        back.remove();
    });
    view! {
        <div role="status">
            <Show when=move || !online.get()>
                <div class="offline-bar tone-warning">
                    <Icon glyph=Glyph::Warning/>
                    <span>{text::OFFLINE}</span>
                </div>
            </Show>
        </div>
    }
}
