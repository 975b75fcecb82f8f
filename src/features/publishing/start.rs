//! Where a file comes in: dropped, or chosen; and the drafts that are under way already.

use super::state::use_publishing;
use super::text;
use crate::client;
use crate::ui::choice::{For, Show};
use crate::ui::live::{memo, view};
use crate::ui::{
    Badge, Button, ButtonKind, ChooseFile, CodeBlock, FileDrop, Listing, RelativeTime, Tone,
};
use leptos::prelude::*;
use portico_api::draft::{Draft, DraftState};

/// Before there is a draft.
#[component]
pub fn Start() -> impl IntoView {
    let state = use_publishing();
    let command = format!("portico import DIR --workspace {}", state.ws());
    view! {
        <DropZone/>
        <UnderWay/>
        <details class="publish-how">
            <summary>{text::HOW}</summary>
            <p class="muted">{text::HOW_TEXT}</p>
            <CodeBlock code=command label="Shell"/>
        </details>
    }
}

#[component]
fn DropZone() -> impl IntoView {
    let state = use_publishing();
    view! {
        <FileDrop class="publish-drop" open=Signal::stored(true) on_file=Callback::new(move |file| state.send(&file))>
            <h2 tabindex="-1">{text::DROP_TITLE}</h2>
            <p class="publish-drop-text">{text::DROP_TEXT}</p>
            <Choose label=text::CHOOSE/>
        </FileDrop>
    }
}

/// A button that lets a person choose a file.
#[component]
pub fn Choose(
    /// What the button says.
    label: &'static str,
) -> impl IntoView {
    let state = use_publishing();
    view! {
        <ChooseFile
            label=label
            name=text::FILE
            accept=".onnx,.zip"
            kind=ButtonKind::Primary
            on_file=Callback::new(move |file| state.send(&file))
        />
    }
}

/// Drafts for the same end, to go on with.
#[component]
fn UnderWay() -> impl IntoView {
    let state = use_publishing();
    let listing = Listing::new(move |query| {
        let ws = state.ws();
        async move { client::drafts::list(&ws, &query).await }
    });
    let drafts = memo(move || {
        let svc = state.svc();
        let mut drafts = listing.items().get();
        drafts.retain(|draft| {
            draft.service_id == svc
                && matches!(draft.state, DraftState::Vetting | DraftState::Ready)
        });
        drafts
    });
    view! {
        <Show when=move || !drafts.read().is_empty()>
            <section class="section" aria-labelledby="publish-drafts">
                <h2 class="section-title" id="publish-drafts">{text::UNDER_WAY}</h2>
                <ul class="publish-drafts">
                    <For each=move || drafts.get() key=|draft| draft.id.clone() let:draft>
                        <UnderWayItem draft=draft/>
                    </For>
                </ul>
            </section>
        </Show>
    }
}

#[component]
fn UnderWayItem(draft: Draft) -> impl IntoView {
    let state = use_publishing();
    let id = draft.id.clone();
    let (tone, word) = match draft.state {
        DraftState::Vetting => (Tone::Info, "being checked"),
        _ => (Tone::Neutral, "not published yet"),
    };
    let label = format!("{} {}", text::CONTINUE, draft.name);
    view! {
        <li class="publish-draft">
            <div class="publish-draft-text">
                <p>
                    <strong>{draft.name}</strong> " " <Badge tone=tone text=word/>
                </p>
                <p class="muted">
                    <span class="mono">{draft.file}</span> ", uploaded by " {draft.uploaded_by} ", "
                    <RelativeTime time=draft.created_at/>
                </p>
            </div>
            <Button on_click=Callback::new(move |_| state.resume(id.clone()))>
                <span aria-hidden="true">{text::CONTINUE}</span>
                <span class="visually-hidden">{label}</span>
            </Button>
        </li>
    }
}
