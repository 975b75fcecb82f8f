//! Both sides of a rollout next to each other, and what is done next.

use super::Stand;
use super::bars::Bars;
use super::end::{End, Promote};
use super::form::ShareFields;
use super::model::{Draft, calls_in_words, compared_in_words, errors_in_words, in_words, time};
use crate::client;
use crate::ui::act::Act;
use crate::ui::live::{live, memo, view};
use crate::ui::{Button, ButtonKind, Dialog, RelativeTime, TableFrame};
use leptos::ev;
use leptos::prelude::*;
use portico_api::rollout::{ArmReport, StartRollout};

/// The running rollout.
#[component]
pub fn Report(stand: Stand) -> impl IntoView {
    let changing = RwSignal::new(false);
    let promoting = RwSignal::new(false);
    let ending = RwSignal::new(false);
    let facts = memo(move || {
        let rollout = stand.rollout()?;
        Some((
            rollout.share_percent,
            rollout.shadow,
            rollout.current.version,
            rollout.candidate.version,
            rollout.actor,
            rollout.started_at,
        ))
    });
    let head = move || {
        let (share, shadow, current, candidate, actor, started_at) = facts.get()?;
        let wanted = StartRollout {
            version: candidate,
            share_percent: share,
            shadow,
        };
        Some(view! {
            <h2 id="rollout-title" tabindex="-1">{format!("Version {candidate} is tried beside version {current}")}</h2>
            <p>{in_words(&wanted, current)}</p>
            <p class="muted">"Started by " {actor} ", " <RelativeTime time=started_at/> "."</p>
        })
    };
    let promote_words = move || {
        let version = facts.read().as_ref().map(|facts| facts.3);
        format!("Promote version {}", version.unwrap_or_default())
    };
    view! {
        <section class="card rollout-head" aria-labelledby="rollout-title">
            {live(head)}
            <div class="row">
                <Button kind=ButtonKind::Primary on_click=Callback::new(move |_| promoting.set(true))>
                    {promote_words}
                </Button>
                <Button on_click=Callback::new(move |_| changing.set(true))>"Change the share…"</Button>
                <Button on_click=Callback::new(move |_| ending.set(true))>"Go back…"</Button>
            </div>
        </section>
        <Sides stand=stand/>
        <ChangeDialog stand=stand open=changing/>
        <Promote stand=stand open=promoting/>
        <End stand=stand open=ending/>
    }
}

/// A figure of both sides: its name, then how it is read off a side.
type Figure = (&'static str, fn(&ArmReport) -> String);

const FIGURES: [Figure; 5] = [
    ("Calls", calls_in_words),
    ("Failed", errors_in_words),
    ("Median time", |arm| time(arm.p50_ms)),
    ("95 of 100 within", |arm| time(arm.p95_ms)),
    ("99 of 100 within", |arm| time(arm.p99_ms)),
];

/// The figures of both sides.
#[component]
fn Sides(stand: Stand) -> impl IntoView {
    let rollout = memo(move || stand.rollout());
    let arm = move |tried: bool| {
        let rollout = rollout.read();
        rollout.as_ref().map(|rollout| {
            if tried {
                rollout.candidate.clone()
            } else {
                rollout.current.clone()
            }
        })
    };
    let cell = move |tried: bool, figure: fn(&ArmReport) -> String| {
        move || arm(tried).as_ref().map(figure).unwrap_or_default()
    };
    let rows = FIGURES
        .into_iter()
        .map(|(what, figure)| {
            view! {
                <tr>
                    <th scope="row">{what}</th>
                    <td>{cell(false, figure)}</td>
                    <td>{cell(true, figure)}</td>
                </tr>
            }
        })
        .collect_view();
    let version = move |tried| arm(tried).map_or(0, |arm| arm.version);
    let compared = move || rollout.read().as_ref().map(compared_in_words);
    view! {
        <div class="split rollout-sides">
            <section class="section" aria-labelledby="calls-title">
                <h2 class="section-title" id="calls-title">"Calls since it began"</h2>
                <TableFrame label="Calls of both versions">
                    <thead>
                        <tr>
                            <th scope="col"><span class="visually-hidden">"Figure"</span></th>
                            <th scope="col">{move || format!("Version {} (in force)", version(false))}</th>
                            <th scope="col">{move || format!("Version {} (tried)", version(true))}</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </TableFrame>
                <p class="compared">{compared}</p>
            </section>
            <Bars rollout=rollout/>
        </div>
    }
}

/// Changes share and comparing while it runs.
#[component]
fn ChangeDialog(stand: Stand, open: RwSignal<bool>) -> impl IntoView {
    let close = Callback::new(move |()| open.set(false));
    view! {
        <Dialog open=open title="Change the share" on_close=close>
            <ChangeForm stand=stand open=open/>
        </Dialog>
    }
}

#[component]
fn ChangeForm(stand: Stand, open: RwSignal<bool>) -> impl IntoView {
    let Some(rollout) = untrack(|| stand.rollout()) else {
        return ().into_any();
    };
    let current = rollout.current.version;
    let draft = RwSignal::new(Draft::of(&rollout));
    let act = Act::new();
    let blocked = memo(move || match draft.read().read() {
        Ok(_) => String::new(),
        Err(problem) => problem.in_words().to_owned(),
    });
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let Ok(body) = draft.read_untracked().read() else {
            return;
        };
        let (place, etag) = (stand.place.get_value(), stand.etag());
        let call = async move { client::rollout::change(&place, &body, &etag).await };
        act.run(call, move |rollout| {
            stand.put(Some(rollout));
            open.try_set(false);
        });
    };
    view! {
        <form class="dialog-form" novalidate=true on:submit=submit>
            <div class="dialog-body">
                <ShareFields draft=draft current=current/>
                {act.error()}
            </div>
            <footer class="dialog-foot">
                <Button on_click=Callback::new(move |_| open.set(false))>"Cancel"</Button>
                <Button kind=ButtonKind::Primary submit=true busy=act.busy blocked=blocked>"Change"</Button>
            </footer>
        </form>
    }
}
