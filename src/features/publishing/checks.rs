//! What stands between a draft and its publication: how it scored, and what it changes for callers.

use super::state::use_publishing;
use super::text;
use crate::features::versions::{Differences, ParityCard};
use crate::ui::choice::Show;
use crate::ui::live::{live, memo, view};
use crate::ui::{Glyph, Icon};
use leptos::prelude::*;

/// The checks.
#[component]
pub fn Checks() -> impl IntoView {
    let state = use_publishing();
    let parity = memo(move || {
        state
            .draft
            .with(|draft| draft.as_ref()?.value.parity.clone())
    });
    let difference = memo(move || {
        state
            .draft
            .with(|draft| draft.as_ref()?.value.difference.clone())
    });
    let breaking = memo(move || state.breaking() > 0);
    view! {
        <section class="section" aria-labelledby="publish-checks">
            <h3 class="section-title" id="publish-checks">{text::CHECKS}</h3>
            <div class="stack">
                {live(move || match parity.get() {
                    Some(parity) => view! { <ParityCard parity=parity/> },
                    None => {
                        view! {
                            <p class="muted parity">
                                <Icon glyph=Glyph::Info/>
                                <span>{text::NOT_SCORED}</span>
                            </p>
                        }
                    }
                })}
                {live(move || match difference.get() {
                    Some(difference) => view! { <Differences difference=difference/> },
                    None if state.svc().is_none() => {
                        view! {
                            <p class="muted parity">
                                <Icon glyph=Glyph::Info/>
                                <span>{text::FIRST_VERSION}</span>
                            </p>
                        }
                    }
                    None => ().into_any(),
                })}
                <Show when=move || breaking.get()>
                    <label class="publish-accept tone-warning notice">
                        <input
                            type="checkbox"
                            prop:checked=move || state.accepts.get()
                            on:change=move |event| state.accepts.set(event_target_checked(&event))
                        />
                        <span>{text::ACCEPT}</span>
                    </label>
                </Show>
            </div>
        </section>
    }
}
