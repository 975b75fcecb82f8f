//! Updating: what it would do is shown first, for each model. Overwriting own models is a choice of its
//! own that names what is lost.

use super::Desk;
use super::model::{at_stake, listed};
use super::plan_view::PlanView;
use crate::client::{self, Answer};
use crate::ui::act::Act;
use crate::ui::choice::Show;
use crate::ui::live::{effect, live, memo, view};
use crate::ui::{Button, ButtonKind, Dialog, ErrorPanel, Field, FieldIds, Skeleton};
use leptos::prelude::*;
use leptos::task::spawn_local;
use portico_api::page::{PAGE_SIZE_MAX, PageQuery};
use portico_api::update::{UpdatePlan, UpdateToVersion};

/// The dialog that updates an endpoint.
#[component]
pub fn UpdateDialog(desk: Desk, open: RwSignal<bool>) -> impl IntoView {
    let act = Act::new();
    let close = Callback::new(move |()| {
        if !act.busy.get_untracked() {
            open.set(false);
        }
    });
    let title = Signal::derive(move || {
        let name = desk.place.with_value(|place| place.name.to_string());
        format!("Update {name}")
    });
    view! {
        <Dialog open=open title=title wide=true on_close=close>
            <UpdateForm desk=desk open=open act=act/>
        </Dialog>
    }
}

/// What is being chosen, and what it would do.
#[derive(Clone, Copy)]
struct Choice {
    version: RwSignal<u32>,
    overwrite: RwSignal<bool>,
    /// What the choice would do, or the one before it while that is asked for.
    plan: RwSignal<Option<Answer<UpdatePlan>>>,
    asking: RwSignal<bool>,
}

impl Choice {
    fn wanted(self) -> UpdateToVersion {
        UpdateToVersion {
            version: Some(self.version.get()),
            overwrite: self.overwrite.get(),
        }
    }

    /// Asks what the choice would do, now and whenever it changes.
    fn follow(self, desk: Desk) {
        let asked = StoredValue::new(0_u32);
        effect(move || {
            let wanted = self.wanted();
            let this = asked.get_value().wrapping_add(1);
            asked.set_value(this);
            self.asking.set(true);
            let place = desk.place.get_value();
            spawn_local(async move {
                let plan = client::updates::plan(&place, &wanted).await;
                // An answer to an older choice is dropped.
                if asked.try_get_value() == Some(this) {
                    self.plan.try_set(Some(plan));
                    self.asking.try_set(false);
                }
            });
        });
    }
}

#[component]
fn UpdateForm(desk: Desk, open: RwSignal<bool>, act: Act) -> impl IntoView {
    let newest = untrack(|| desk.part(|around| around.newest)).unwrap_or(1);
    let choice = Choice {
        version: RwSignal::new(newest),
        overwrite: RwSignal::new(false),
        plan: RwSignal::new(None),
        asking: RwSignal::new(true),
    };
    choice.follow(desk);
    let publisher = desk.outside.publisher();
    act.failure.set(None);
    let stake = memo(move || match &*choice.plan.read() {
        Some(Ok(plan)) => at_stake(plan),
        _ => Vec::new(),
    });
    let blocked = memo(move || match &*choice.plan.read() {
        _ if choice.asking.get() => "What it would do is being worked out".to_owned(),
        None => "What it would do is being worked out".to_owned(),
        Some(Err(_)) => "What it would do is not known".to_owned(),
        Some(Ok(plan)) => match &plan.refused {
            Some(reason) => reason.clone(),
            None if !plan.changes => "Nothing would change".to_owned(),
            None => String::new(),
        },
    });
    let update = move |_| {
        let (place, wanted) = (desk.place.get_value(), untrack(|| choice.wanted()));
        let call = async move { client::updates::update(&place, &wanted).await };
        act.run(call, move |done| {
            open.try_set(false);
            desk.toasts.success(format!(
                "{} serves version {} now. The revisions lead back.",
                done.endpoint, done.to
            ));
            desk.changed();
        });
    };
    let shown = move || match choice.plan.get() {
        _ if choice.asking.get() => view! { <Skeleton lines=4/> },
        None => view! { <Skeleton lines=4/> },
        Some(Err(error)) => view! { <ErrorPanel error=error/> },
        Some(Ok(plan)) => view! { <PlanView plan=plan/> },
    };
    view! {
        <div class="dialog-body">
            {publisher.then(|| view! { <VersionChoice desk=desk newest=newest version=choice.version/> })}
            <div class="plan" aria-live="polite">{live(shown)}</div>
            <Show when=move || publisher && !stake.read().is_empty()>
                <OverwriteChoice overwrite=choice.overwrite stake=stake/>
            </Show>
            {act.error()}
        </div>
        <footer class="dialog-foot">
            <Button on_click=Callback::new(move |_| open.set(false))>"Cancel"</Button>
            <Button kind=ButtonKind::Primary busy=act.busy blocked=blocked on_click=Callback::new(update)>
                {move || format!("Update to version {}", choice.version.get())}
            </Button>
        </footer>
    }
}

/// Chooses the version; the newest at first.
#[component]
fn VersionChoice(desk: Desk, newest: u32, version: RwSignal<u32>) -> impl IntoView {
    let ids = FieldIds::new();
    let (id, described) = (ids.input.clone(), ids.described_by());
    let serves = untrack(|| desk.part(|around| around.endpoint.value.version)).unwrap_or_default();
    let numbers = RwSignal::new(vec![newest]);
    let place = desk.place.get_value();
    spawn_local(async move {
        let query = PageQuery {
            page_size: Some(PAGE_SIZE_MAX),
            page_token: None,
        };
        // Without the list, the newest version can be chosen still.
        if let Ok(page) = client::versions::list(&place.ws, &place.svc, &query).await {
            let list = page.items.into_iter().map(|version| version.number);
            numbers.try_set(list.collect());
        }
    });
    let options = move || {
        let option = |number: u32| {
            let mut words = format!("Version {number}");
            if number == newest {
                words.push_str(" (newest)");
            } else if number == serves {
                words.push_str(" (served now)");
            }
            view! {
                <option value=number.to_string() prop:selected=move || version.get() == number>{words}</option>
            }
        };
        numbers.get().into_iter().map(option).collect_view()
    };
    view! {
        <Field ids=ids label="To version">
            <select
                class="input"
                id=id
                aria-describedby=described
                on:change=move |event| {
                    if let Ok(number) = event_target_value(&event).parse() {
                        version.set(number);
                    }
                }
            >
                {options}
            </select>
        </Field>
    }
}

/// Whether own models stay or give way.
#[component]
fn OverwriteChoice(overwrite: RwSignal<bool>, stake: Memo<Vec<String>>) -> impl IntoView {
    let lost = move || format!("Lost here: the own model of {}.", listed(&stake.read()));
    view! {
        <fieldset class="pick overwrite">
            <legend class="field-label">"The endpoint’s own models"</legend>
            <label class="choice" class:chosen=move || !overwrite.get()>
                <input
                    type="radio"
                    name="overwrite"
                    prop:checked=move || !overwrite.get()
                    on:change=move |_| overwrite.set(false)
                />
                <span class="choice-title">"Keep them"</span>
                <span class="choice-note">"Everything else is taken from the new version."</span>
            </label>
            <label class="choice" class:chosen=move || overwrite.get()>
                <input
                    type="radio"
                    name="overwrite"
                    prop:checked=move || overwrite.get()
                    on:change=move |_| overwrite.set(true)
                />
                <span class="choice-title">"Overwrite them"</span>
                <span class="choice-note">{lost} " The revisions keep it."</span>
            </label>
        </fieldset>
    }
}
