//! The states that an endpoint was in, and going back to one.

use super::Desk;
use super::model::{act_in_words, changes, state_in_words};
use crate::client;
use crate::ui::act::Act;
use crate::ui::choice::For;
use crate::ui::live::{live, view};
use crate::ui::{Badge, Button, Confirm, EmptyState, ListingView, RelativeTime, TableFrame, Tone};
use leptos::prelude::*;
use portico_api::update::Revision;

/// The list of revisions, newest first.
#[component]
pub fn Revisions(desk: Desk) -> impl IntoView {
    let items = desk.revisions.items();
    let asked = RwSignal::new(None::<Revision>);
    // Each with the one before it, which says what changed.
    let pairs = move || {
        let items = items.read();
        let before = items.iter().skip(1).map(Some).chain([None]);
        items
            .iter()
            .zip(before)
            .map(|(revision, before)| (revision.clone(), before.cloned()))
            .collect::<Vec<_>>()
    };
    let empty = || {
        view! { <EmptyState title="No revision yet" text="Each change of the version or of a model stands here, and can be taken back."/> }
    };
    view! {
        <div class="section">
            <h2 class="section-title">"Revisions"</h2>
            <ListingView listing=desk.revisions empty=empty>
                <TableFrame label="Revisions">
                    <thead>
                        <tr>
                            <th scope="col" class="num">"No."</th>
                            <th scope="col">"What happened"</th>
                            <th scope="col" class="wide">"What changed"</th>
                            <th scope="col">"By"</th>
                            <th scope="col">"When"</th>
                            <th scope="col" class="actions"><span class="visually-hidden">"Actions"</span></th>
                        </tr>
                    </thead>
                    <tbody>
                        <For
                            each=pairs
                            key=|(revision, before)| format!("{} {} {}", revision.number, revision.current, before.is_some())
                            let:pair
                        >
                            <RevisionRow desk=desk revision=pair.0 before=pair.1 asked=asked/>
                        </For>
                    </tbody>
                </TableFrame>
            </ListingView>
            <GoBack desk=desk asked=asked/>
        </div>
    }
}

#[component]
fn RevisionRow(
    desk: Desk,
    revision: Revision,
    before: Option<Revision>,
    asked: RwSignal<Option<Revision>>,
) -> impl IntoView {
    let mut lines = before
        .as_ref()
        .map(|before| changes(before, &revision))
        .unwrap_or_default();
    if lines.is_empty() {
        lines.push(state_in_words(&revision));
    }
    let lines = lines
        .into_iter()
        .map(|line| view! { <span class="change-line">{line}</span> })
        .collect_view();
    let current = revision.current;
    let blocked = desk.publishers_only();
    let number = revision.number;
    let act = act_in_words(&revision.act);
    let actor = revision.actor.clone();
    let at = revision.at.clone();
    view! {
        <tr>
            <th scope="row" class="num">{number}</th>
            <td>
                {act} " "
                {current.then(|| view! { <Badge tone=Tone::Good text="In force"/> })}
            </td>
            <td class="wide">{lines}</td>
            <td><span class="clip" title=actor>{actor.clone()}</span></td>
            <td class="muted"><RelativeTime time=at/></td>
            <td class="actions">
                {(!current).then(|| view! {
                    <Button
                        blocked=Signal::stored(blocked)
                        on_click=Callback::new(move |_| asked.set(Some(revision.clone())))
                    >
                        "Go back to this"
                        <span class="visually-hidden">{format!(" (revision {number})")}</span>
                    </Button>
                })}
            </td>
        </tr>
    }
}

/// Asks before the endpoint goes back, and shows what would be different.
#[component]
fn GoBack(desk: Desk, asked: RwSignal<Option<Revision>>) -> impl IntoView {
    let open = RwSignal::new(false);
    let act = Act::new();
    let number = move || asked.with(|asked| asked.as_ref().map(|revision| revision.number));
    Effect::new(move |was: Option<bool>| {
        if asked.read().is_some() && was != Some(true) {
            act.failure.set(None);
            open.set(true);
        }
        asked.read().is_some()
    });
    Effect::new(move |was: Option<bool>| {
        let now = open.get();
        if was == Some(true) && !now {
            asked.set(None);
        }
        now
    });
    let difference = move || {
        let target = asked.get()?;
        let items = desk.revisions.items();
        let now = items.with(|items| items.iter().find(|revision| revision.current).cloned())?;
        let mut lines = changes(&now, &target);
        if lines.is_empty() {
            lines.push("It equals what is in force: nothing would change.".to_owned());
        }
        let lines = lines
            .into_iter()
            .map(|line| view! { <li>{line}</li> })
            .collect_view();
        Some(view! { <ul class="difference-list">{lines}</ul> })
    };
    let go = Callback::new(move |()| {
        let Some(number) = untrack(number) else {
            return;
        };
        let place = desk.place.get_value();
        let call = async move { client::revisions::restore(&place, number).await };
        act.run(call, move |revision| {
            open.try_set(false);
            desk.toasts.success(format!(
                "Revision {number} is in force again, as revision {}.",
                revision.number
            ));
            desk.changed();
        });
    });
    view! {
        <Confirm
            open=open
            title=Signal::derive(move || format!("Go back to revision {}?", number().unwrap_or_default()))
            action="Go back"
            danger=false
            busy=act.busy
            error=act.failure
            on_confirm=go
        >
            <p>"This changes, from the next call on:"</p>
            {live(difference)}
            <p class="muted">"Nothing is lost: what is in force now stays in the list."</p>
        </Confirm>
    }
}
