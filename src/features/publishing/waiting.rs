//! While a file is uploaded and vetted, and what is said if it is refused.

use super::start::Choose;
use super::state::use_publishing;
use super::text;
use crate::ui::live::{effect, live, view};
use crate::ui::number::{bytes, fixed};
use crate::ui::{Button, Glyph, Icon};
use leptos::html;
use leptos::prelude::*;

/// A heading that takes the focus where it was lost with what stood here before.
#[component]
pub fn StageTitle(
    /// Its text.
    #[prop(into)]
    text: Signal<String>,
) -> impl IntoView {
    let heading = NodeRef::<html::H2>::new();
    effect(move || {
        if let Some(heading) = heading.get()
            && document()
                .active_element()
                .is_none_or(|active| active.tag_name() == "BODY")
        {
            // Focusing fails only for an element outside the document.
            let _ = heading.focus();
        }
    });
    view! { <h2 node_ref=heading tabindex="-1">{text}</h2> }
}

/// Whole bytes of a number that the browser counts them in.
#[expect(
    clippy::as_conversions,
    reason = "sizes of files are whole and far below what a float holds exactly"
)]
fn whole(count: f64) -> u64 {
    count as u64
}

/// While the file is on its way.
#[component]
pub fn Uploading() -> impl IntoView {
    let state = use_publishing();
    let upload = move || state.upload.get();
    let name = Signal::derive(move || {
        upload().map_or_else(String::new, |upload| format!("Uploading {}", upload.name))
    });
    let words = move || {
        upload().map(|upload| {
            if upload.sent >= upload.size {
                "Uploaded; the server takes it in".to_owned()
            } else {
                let (sent, size) = (whole(upload.sent), whole(upload.size));
                format!("{} of {}", bytes(sent), bytes(size))
            }
        })
    };
    let share = move || {
        upload().map(|upload| {
            if upload.size > 0.0 {
                fixed(upload.sent / upload.size, 3)
            } else {
                "1".to_owned()
            }
        })
    };
    view! {
        <section class="publish-wait" aria-busy="true">
            <StageTitle text=name/>
            <div class="publish-progress">
                <progress aria-label="Uploaded" max="1" value=share></progress>
                <span class="muted">{words}</span>
            </div>
            <div class="row">
                <Button on_click=Callback::new(move |_| state.cancel_upload())>{text::CANCEL}</Button>
            </div>
        </section>
    }
}

/// While the file is loaded and tried.
#[component]
pub fn Vetting() -> impl IntoView {
    let state = use_publishing();
    let of = move |what: fn(&portico_api::draft::Draft) -> String| {
        state
            .draft
            .with(|draft| draft.as_ref().map(|draft| what(&draft.value)))
            .unwrap_or_default()
    };
    let title = Signal::derive(move || format!("Checking {}", of(|draft| draft.file.clone())));
    view! {
        <section class="publish-wait" aria-busy="true">
            <StageTitle text=title/>
            <p class="muted">
                "It is loaded and tried in a process of its own, so a model that is broken harms nothing here. You may leave this page: the draft waits for you."
            </p>
            <div class="publish-progress">
                <progress aria-label="Being checked"></progress>
                <span role="status">{move || of(|draft| draft.step.clone())}</span>
            </div>
            <div class="row">
                <Button busy=state.discarding on_click=Callback::new(move |_| state.discard())>{text::CANCEL}</Button>
            </div>
        </section>
    }
}

/// Why the file was refused.
#[component]
pub fn Refused() -> impl IntoView {
    let state = use_publishing();
    let reason = move || {
        state
            .draft
            .with(|draft| draft.as_ref().and_then(|draft| draft.value.refused.clone()))
    };
    // The reason mostly begins with it.
    let file = move || {
        state.draft.with(|draft| {
            let draft = &draft.as_ref()?.value;
            let told = draft.refused.as_ref()?.contains(&draft.file);
            (!told).then(|| view! { <p class="mono">{draft.file.clone()}</p> })
        })
    };
    view! {
        <section class="error-panel tone-bad" role="alert">
            <Icon glyph=Glyph::Warning/>
            <div class="error-text">
                <StageTitle text=text::REFUSED_TITLE/>
                {live(file)}
                <p class="publish-reason">{live(reason)}</p>
                <p>{text::REFUSED_NEXT}</p>
            </div>
            <Choose label=text::CHOOSE_OTHER/>
        </section>
    }
}
