//! The version that the endpoint serves, and what is newer.

use super::Desk;
use super::compare::Compare;
use super::model::behind_in_words;
use super::newer::Newer;
use super::plan::UpdateDialog;
use super::stay::{StayDialog, stay_no_longer};
use crate::routes::Page;
use crate::ui::choice::Show;
use crate::ui::focus::catch_focus_after;
use crate::ui::live::{live, memo, view};
use crate::ui::{Badge, Button, ButtonKind, Tone};
use leptos::prelude::*;

/// The card of the version.
#[component]
pub fn VersionCard(desk: Desk) -> impl IntoView {
    let updating = RwSignal::new(false);
    let staying = RwSignal::new(false);
    let comparing = RwSignal::new(false);
    let publisher = desk.outside.publisher();
    let newer = memo(move || {
        desk.part(|around| around.newest > around.endpoint.value.version) == Some(true)
    });
    let is_default =
        memo(move || desk.part(|around| around.endpoint.value.is_default) == Some(true));
    let head = move || {
        desk.part(|around| {
            let endpoint = &around.endpoint.value;
            let (version, newest) = (endpoint.version, around.newest);
            let (tone, words) = match newest.saturating_sub(version) {
                0 => (Tone::Good, "newest".to_owned()),
                behind => (Tone::Warning, format!("{behind} behind")),
            };
            let title = behind_in_words(version, newest);
            view! {
                <h2 id="version-title" tabindex="-1">{format!("Serves version {version}")}</h2>
                <Badge tone=tone text=words title=title/>
            }
        })
    };
    let notes = move || {
        desk.part(|around| {
            let endpoint = &around.endpoint.value;
            if endpoint.is_default {
                return view! {
                    <p class="muted">"This is the default endpoint: it follows the newest version by itself."</p>
                };
            }
            let prevented = endpoint.prevent_update.then(|| view! {
                <p>
                    <Badge tone=Tone::Info text="Updates prevented"/>
                    " Updates pass this endpoint by, because "
                    <em>"Prevent update"</em>
                    " is switched on in its settings."
                </p>
            });
            let stays = around.notice.as_ref().and_then(|notice| notice.stay_until.clone());
            let stays = stays.map(|until| view! {
                <p>
                    <Badge tone=Tone::Info text="Stays"/>
                    {format!(" Stays on this version until the end of {} (UTC), as was chosen for it.", until.day())}
                </p>
            });
            view! { {prevented} {stays} }
        })
    };
    let stays = memo(move || {
        desk.part(|around| {
            around
                .notice
                .as_ref()
                .is_some_and(|notice| notice.stay_until.is_some())
        }) == Some(true)
    });
    catch_focus_after(move || stays.track(), "#version-title");
    let rollout = move || {
        let place = desk.place.get_value();
        Page::Rollout {
            ws: place.ws,
            svc: place.svc,
            name: place.name,
        }
        .href()
    };
    let update = if publisher {
        "Update…"
    } else {
        "Move now…"
    };
    let blocked = memo(move || {
        let newest = desk.part(|around| around.newest).unwrap_or_default();
        if is_default.get() {
            "The default endpoint follows the newest version by itself".to_owned()
        } else if newest < 2 {
            "There is no other version".to_owned()
        } else if !publisher && !newer.get() {
            "It serves the newest version".to_owned()
        } else {
            String::new()
        }
    });
    view! {
        <section class="card version-card" aria-labelledby="version-title">
            <div class="version-line">{live(head)}</div>
            {live(notes)}
            <Show when=move || newer.get()>
                <Newer desk=desk/>
            </Show>
            <div class="row version-actions">
                <Button kind=ButtonKind::Primary blocked=blocked on_click=Callback::new(move |_| updating.set(true))>
                    {update}
                </Button>
                <Show when=move || newer.get()>
                    <button
                        type="button"
                        class=ButtonKind::Plain.class()
                        aria-expanded=move || if comparing.get() { "true" } else { "false" }
                        on:click=move |_| comparing.update(|open| *open = !*open)
                    >
                        "Compare on examples"
                    </button>
                    <Show when=move || !is_default.get()>
                        <Button on_click=Callback::new(move |_| staying.set(true))>
                            {move || if stays.get() { "Stay until another day…" } else { "Stay for a while…" }}
                        </Button>
                        <Show when=move || stays.get()>
                            <Button on_click=Callback::new(move |_| stay_no_longer(desk))>"Stay no longer"</Button>
                        </Show>
                    </Show>
                </Show>
                <Show when=move || publisher && blocked.read().is_empty()>
                    <a class=ButtonKind::Plain.class() href=rollout()>"Try a version beside this one"</a>
                </Show>
            </div>
        </section>
        <Show when=move || comparing.get() && newer.get()>
            <Compare desk=desk/>
        </Show>
        <UpdateDialog desk=desk open=updating/>
        <StayDialog desk=desk open=staying/>
    }
}
