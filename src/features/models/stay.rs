//! Staying on a version for a while.

use super::Desk;
use crate::client::{self, ClientError};
use crate::ui::live::{live, view};
use crate::ui::{Button, ButtonKind, Dialog, ErrorPanel, Field, FieldIds};
use js_sys::Date;
use leptos::ev;
use leptos::prelude::*;
use leptos::task::spawn_local;
use portico_api::rollout::Stay;
use portico_api::time::Timestamp;

/// How far away the day is that the dialog begins with, in days.
const BEGIN: f64 = 30.0;

/// A day so many days from now, in UTC: `2026-12-31`.
fn day_from_now(days: f64) -> String {
    let moment = Date::new(&(Date::now() + days * 86_400_000.0).into());
    let moment = Timestamp::from_rfc3339(String::from(moment.to_iso_string()));
    moment.day().to_owned()
}

/// Asks until when the endpoint stays.
#[component]
pub fn StayDialog(desk: Desk, open: RwSignal<bool>) -> impl IntoView {
    let close = Callback::new(move |()| open.set(false));
    let title = Signal::derive(move || {
        let version = desk.part(|around| around.endpoint.value.version);
        format!("Stay on version {}", version.unwrap_or_default())
    });
    view! {
        <Dialog open=open title=title on_close=close>
            <StayForm desk=desk open=open/>
        </Dialog>
    }
}

#[component]
fn StayForm(desk: Desk, open: RwSignal<bool>) -> impl IntoView {
    let limit = untrack(|| desk.part(|around| around.notice.as_ref()?.may_stay_until.clone()));
    let limit = limit.flatten().map(|until| until.day().to_owned());
    let begin = day_from_now(BEGIN);
    let begin = match &limit {
        Some(limit) if *limit < begin => limit.clone(),
        _ => begin,
    };
    let day = RwSignal::new(begin);
    let error = RwSignal::new(String::new());
    let failure = RwSignal::new(None::<ClientError>);
    let busy = RwSignal::new(false);
    let toasts = desk.toasts;
    let ids = FieldIds::new();
    let (id, described) = (ids.input.clone(), ids.described_by());
    let hint = match &limit {
        Some(limit) => format!("The publisher allows it until {limit}."),
        None => "The publisher sets no end to it.".to_owned(),
    };
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        error.set(String::new());
        failure.set(None);
        let chosen = day.get_untracked();
        let Some(until) = Timestamp::end_of_day(&chosen) else {
            error.set("Choose a day.".to_owned());
            return;
        };
        busy.set(true);
        let place = desk.place.get_value();
        // The last day that is allowed ends when the publisher says, not at midnight.
        let allowed =
            untrack(|| desk.part(|around| around.notice.as_ref()?.may_stay_until.clone()));
        let until = match allowed.flatten() {
            Some(allowed) if allowed.day() == chosen => allowed,
            _ => until,
        };
        spawn_local(async move {
            let body = Stay { until: Some(until) };
            let answer = client::rollout::stay(&place, &body).await;
            busy.try_set(false);
            match answer {
                Ok(_) => {
                    open.try_set(false);
                    toasts.success(format!("It stays until the end of {chosen}."));
                    desk.changed();
                }
                Err(problem) => match problem.field("/until") {
                    Some(detail) => {
                        error.try_set(detail);
                    }
                    None => {
                        failure.try_set(Some(problem));
                    }
                },
            }
        });
    };
    view! {
        <form class="dialog-form" novalidate=true on:submit=submit>
            <div class="dialog-body">
                <p>"Until then, updates of many endpoints pass this one by. You can still move it yourself at any time."</p>
                <Field ids=ids label="Until the end of (UTC)" hint=hint error=error>
                    <input
                        class="input"
                        type="date"
                        id=id
                        aria-describedby=described
                        aria-invalid=move || (!error.read().is_empty()).then_some("true")
                        min=day_from_now(0.0)
                        max=limit
                        autofocus=true
                        prop:value=move || day.get()
                        on:input=move |event| day.set(event_target_value(&event))
                    />
                </Field>
                {live(move || failure.get().map(|error| view! { <ErrorPanel error=error/> }))}
            </div>
            <footer class="dialog-foot">
                <Button on_click=Callback::new(move |_| open.set(false))>"Cancel"</Button>
                <Button kind=ButtonKind::Primary submit=true busy=busy>"Stay"</Button>
            </footer>
        </form>
    }
}

/// The endpoint need not stay any longer.
pub fn stay_no_longer(desk: Desk) {
    let (place, toasts) = (desk.place.get_value(), desk.toasts);
    spawn_local(async move {
        match client::rollout::stay(&place, &Stay { until: None }).await {
            Ok(_) => {
                toasts.success("It need not stay any longer.");
                desk.changed();
            }
            Err(error) => toasts.problem(&error),
        }
    });
}
