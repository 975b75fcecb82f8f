//! What a person has to know, above everything else.

use super::state::use_sheet;
use crate::ui::icon::{Glyph, Icon};
use crate::ui::live::{live, view};
use crate::ui::{Button, EmptyState};
use leptos::prelude::*;

/// The notice, if there is one.
#[component]
pub fn NoticeLine() -> impl IntoView {
    let sheet = use_sheet();
    let of = move |bad: bool| {
        let shown = move || {
            let notice = sheet.notice.get().filter(|notice| notice.bad == bad)?;
            Some(view! {
                <div class="notice batch-notice" class:tone-bad=bad class:tone-info=!bad>
                    <Icon glyph=if bad { Glyph::Warning } else { Glyph::Info }/>
                    <p>{notice.text}</p>
                    <button
                        type="button"
                        class="button button-quiet icon-button"
                        aria-label="Close this note"
                        on:click=move |_| sheet.notice.set(None)
                    >
                        <Icon glyph=Glyph::Close/>
                    </button>
                </div>
            })
        };
        live(shown)
    };
    view! {
        <div role="alert">{of(true)}</div>
        <div role="status">{of(false)}</div>
    }
}

/// What stands there when the worker can't be started.
#[component]
pub fn Unreachable() -> impl IntoView {
    let sheet = use_sheet();
    view! {
        <EmptyState
            title="The part of the page that reads tables did not start"
            text="The network may have failed, or the portal on the server is a newer one. Try again; if it stays, reload the page."
        >
            <Button on_click=Callback::new(move |_| sheet.try_again())>"Try again"</Button>
        </EmptyState>
    }
}
