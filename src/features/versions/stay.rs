//! Until when customers may stay on the versions before this one.

use super::model::{day_of, end_of_day};
use super::text;
use crate::client::{self, ClientError};
use crate::ui::live::{live, memo, view};
use crate::ui::toast::use_toasts;
use crate::ui::{Button, ErrorPanel, TextInput};
use leptos::prelude::*;
use leptos::task::spawn_local;
use portico_api::id::{ServiceId, WorkspaceId};
use portico_api::rollout::UpdateVersion;
use portico_api::time::Timestamp;

/// The setting.
#[component]
pub fn StaySetting(
    /// Workspace and service.
    ids: StoredValue<(WorkspaceId, ServiceId)>,
    /// The version.
    number: u32,
    /// Until when; absent: without limit.
    until: Option<Timestamp>,
) -> impl IntoView {
    let toasts = use_toasts();
    let set = until.map(|time| day_of(&time)).unwrap_or_default();
    let saved = RwSignal::new(set.clone());
    let day = RwSignal::new(set);
    let busy = RwSignal::new(false);
    let failure = RwSignal::new(None::<ClientError>);
    let wrong = memo(move || {
        let day = day.read();
        let good = day.is_empty() || end_of_day(&day).is_some();
        if good { "" } else { text::STAY_WRONG }.to_owned()
    });
    let blocked = Signal::derive(move || {
        if !wrong.read().is_empty() {
            wrong.get()
        } else if day.get() == saved.get() {
            text::STAY_SAME.to_owned()
        } else {
            String::new()
        }
    });
    let save = move || {
        let wanted = day.get_untracked();
        let body = UpdateVersion {
            may_stay_until: end_of_day(&wanted),
        };
        busy.set(true);
        failure.set(None);
        let (ws, svc) = ids.get_value();
        spawn_local(async move {
            match client::versions::update(&ws, &svc, number, &body).await {
                Ok(()) => {
                    saved.try_set(wanted);
                    toasts.success(text::STAY_SAVED);
                }
                Err(error) => {
                    failure.try_set(Some(error));
                }
            }
            busy.try_set(false);
        });
    };
    view! {
        <section class="card stay" aria-labelledby="version-stay">
            <h2 class="section-title" id="version-stay">{text::STAY}</h2>
            <form
                class="stay-form"
                on:submit=move |event| {
                    event.prevent_default();
                    if blocked.read_untracked().is_empty() && !busy.get_untracked() {
                        save();
                    }
                }
            >
                <TextInput label=text::STAY_LABEL value=day kind="date" hint=text::STAY_HINT error=wrong optional=true/>
                <Button submit=true busy=busy blocked=blocked>{text::STAY_ACT}</Button>
            </form>
            {live(move || failure.get().map(|error| view! { <ErrorPanel error=error/> }))}
        </section>
    }
}
