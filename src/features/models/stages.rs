//! The pipeline's stages as the endpoint runs them, and giving it a model of its own.

use super::Desk;
use super::model::{StageLine, short_digest, stages};
use super::upload::Upload;
use crate::client::{self, ClientError};
use crate::ui::choice::For;
use crate::ui::focus::catch_focus_after;
use crate::ui::live::{memo, view};
use crate::ui::{Badge, Button, Confirm, CopyButton, CopySource, Tone};
use leptos::prelude::*;
use leptos::task::spawn_local;

/// The stages, in order.
#[component]
pub fn Stages(desk: Desk) -> impl IntoView {
    let lines = memo(move || {
        let lines = desk.part(|around| stages(&around.endpoint.value, &around.version));
        lines.unwrap_or_default()
    });
    catch_focus_after(move || lines.track(), "#stages-title");
    let numbered = move || {
        let lines = lines.get();
        (1_usize..).zip(lines).collect::<Vec<_>>()
    };
    view! {
        <section class="section" aria-labelledby="stages-title">
            <h2 class="section-title" id="stages-title" tabindex="-1">"Models"</h2>
            <p class="muted section-intro">
                "A row goes through these stages in order. Where a stage is a trained model, the endpoint may have its own; it keeps it through updates."
            </p>
            <ol class="stages">
                <For
                    each=numbered
                    key=|(number, line)| format!("{number} {line:?}")
                    let:item
                >
                    <StageItem desk=desk number=item.0 line=item.1/>
                </For>
            </ol>
        </section>
    }
}

#[component]
fn StageItem(desk: Desk, number: usize, line: StageLine) -> impl IntoView {
    let name = line.resource.clone().unwrap_or_else(|| line.file.clone());
    let digest = line.sha256.clone();
    let whose = if line.own {
        view! { <Badge tone=Tone::Info text="Own model"/> }
    } else {
        view! { <span class="muted">"The version’s"</span> }
    };
    let replaceable = line.resource.clone();
    let fixed = replaceable.is_none();
    view! {
        <li class="stage">
            <span class="stage-number" aria-hidden="true">{number}</span>
            <div class="stage-facts">
                <h3 class="stage-name">{name}</h3>
                <p class="stage-model">
                    {whose}
                    <span class="stage-digest">
                        <code title=digest.clone()>{short_digest(&digest).to_owned()} "…"</code>
                        <CopyButton source=CopySource::text(digest) label="Copy SHA-256" bare=true/>
                    </span>
                    {line.quarantined.map(|why| view! { <Badge tone=Tone::Bad text="Quarantined" title=why/> })}
                </p>
                {fixed.then(|| view! { <p class="field-hint">"Fixed: every endpoint of this version runs it."</p> })}
                {line.own.then(|| view! {
                    <p class="field-hint">
                        "The version’s is " <code>{short_digest(&line.version_sha256).to_owned()} "…"</code>
                    </p>
                })}
            </div>
            {replaceable.map(|resource| view! { <Replace desk=desk resource=resource own=line.own/> })}
        </li>
    }
}

/// What a publisher does with a stage that can be replaced.
#[component]
fn Replace(desk: Desk, resource: String, own: bool) -> impl IntoView {
    let asking = RwSignal::new(false);
    let blocked = memo(move || {
        let is_default = desk.part(|around| around.endpoint.value.is_default);
        if is_default == Some(true) {
            "The default endpoint follows the newest version and takes no model of its own"
                .to_owned()
        } else {
            desk.publishers_only()
        }
    });
    let gone = resource.clone();
    view! {
        <Upload desk=desk resource=resource blocked=blocked>
            {own.then(|| view! {
                <Button blocked=blocked on_click=Callback::new(move |_| asking.set(true))>
                    "Back to the version’s model"
                </Button>
            })}
        </Upload>
        {own.then(|| view! { <GiveUp desk=desk resource=gone open=asking/> })}
    }
}

/// Asks before an endpoint's own model is taken away.
#[component]
fn GiveUp(desk: Desk, resource: String, open: RwSignal<bool>) -> impl IntoView {
    let busy = RwSignal::new(false);
    let failure = RwSignal::new(None::<ClientError>);
    let toasts = desk.toasts;
    let title = format!("Back to the version’s “{resource}”?");
    let give_up = Callback::new(move |()| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        failure.set(None);
        let place = desk.place.get_value();
        let etag = untrack(|| desk.part(|around| around.endpoint.etag.clone()));
        let resource = resource.clone();
        spawn_local(async move {
            let etag = etag.unwrap_or_default();
            let answer = client::models::uncustomise(&place, &resource, &etag).await;
            busy.try_set(false);
            match answer {
                Ok(()) => {
                    open.try_set(false);
                    toasts.success("The version’s model runs here again.");
                }
                Err(error) => {
                    failure.try_set(Some(error));
                }
            }
            desk.changed();
        });
    });
    view! {
        <Confirm
            open=open
            title=title
            action="Use the version’s"
            busy=busy
            error=failure
            on_confirm=give_up
        >
            <p>"The endpoint’s own model no longer answers calls; the version’s does, from the next call on. No call is dropped."</p>
            <p>"The revisions keep the own model: you can go back to it."</p>
        </Confirm>
    }
}
