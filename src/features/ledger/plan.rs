//! What a run would do, before it is started: counted, and endpoint by endpoint.

use super::Book;
use super::model::selection_in_words;
use super::plan_choice::{OfRun, Overwrite, ToVersion};
use super::plan_list::Plans;
use crate::client::{self, Answer};
use crate::features::endpoints::mint::random_hex;
use crate::ui::act::Act;
use crate::ui::choice::Show;
use crate::ui::focus::catch_focus;
use crate::ui::live::{effect, live, memo, view};
use crate::ui::number::counted;
use crate::ui::{Button, ButtonKind, Dialog, ErrorPanel, Skeleton};
use leptos::prelude::*;
use leptos::task::spawn_local;
use portico_api::update::{Fate, RunAct, RunPlan, Selection, StartRun, UpdatePlan};

/// The dialog; open while something is planned.
#[component]
pub fn PlanDialog(book: Book) -> impl IntoView {
    let act = Act::new();
    let open = Signal::derive(move || book.planning.read().is_some());
    let title = Signal::derive(move || {
        book.planning.with(|planning| match planning {
            Some(StartRun {
                selection,
                act: RunAct::Update { .. },
            }) => format!("Update {}", selection_in_words(selection)),
            Some(StartRun {
                selection: Selection::All,
                act: RunAct::Rollback { .. },
            }) => "Take back a run".to_owned(),
            Some(StartRun { selection, .. }) => {
                format!("Roll back {}", selection_in_words(selection))
            }
            None => String::new(),
        })
    });
    let close = Callback::new(move |()| {
        if !act.busy.get_untracked() {
            book.planning.set(None);
        }
    });
    let form = move || {
        let start = book.planning.get_untracked()?;
        Some(view! { <PlanForm book=book start=start act=act/> })
    };
    view! {
        <Dialog open=open title=title wide=true on_close=close>
            {form()}
        </Dialog>
    }
}

#[component]
fn PlanForm(book: Book, start: StartRun, act: Act) -> impl IntoView {
    let wanted = RwSignal::new(start);
    // What is wanted would do this, or what was wanted before it while that is asked for.
    let plan = RwSignal::new(None::<Answer<RunPlan>>);
    let asking = RwSignal::new(true);
    act.failure.set(None);
    // A plan that is started twice by a shaky line is started once; another plan is another act.
    let once = StoredValue::new(random_hex());
    let chosen = memo(move || match &wanted.read().act {
        RunAct::Update { .. } => true,
        RunAct::Rollback { run } => !run.is_empty(),
    });
    let asked = StoredValue::new(0_u32);
    effect(move || {
        let body = wanted.get();
        if !chosen.get() {
            return;
        }
        let this = asked.get_value().wrapping_add(1);
        asked.set_value(this);
        once.set_value(random_hex());
        asking.set(true);
        let (ws, svc) = book.ids.get_value();
        spawn_local(async move {
            let answer = client::runs::plan(&ws, &svc, &body).await;
            // An answer to an older wish is dropped.
            if asked.try_get_value() == Some(this) {
                plan.try_set(Some(answer));
                asking.try_set(false);
            }
        });
    });
    let change = memo(move || match &*plan.read() {
        Some(Ok(plan)) if !asking.get() => plan.change,
        _ => 0,
    });
    let blocked = memo(move || match &*plan.read() {
        _ if !chosen.get() => "Choose the run first".to_owned(),
        _ if asking.get() => "What it would do is being worked out".to_owned(),
        None => "What it would do is being worked out".to_owned(),
        Some(Err(_)) => "What it would do is not known".to_owned(),
        Some(Ok(plan)) if plan.change == 0 => "No endpoint would change".to_owned(),
        Some(Ok(_)) => String::new(),
    });
    let begin = move |_| {
        let (ws, svc) = book.ids.get_value();
        let (body, key) = (wanted.get_untracked(), once.get_value());
        let call = async move { client::runs::start(&ws, &svc, &body, &key).await };
        act.run(call, move |run| {
            book.planning.try_set(None);
            book.picked.try_update(|picked| picked.clear());
            book.fresh.try_set_value(Some(run.id.clone()));
            book.run.try_set(Some(run.id));
            book.runs.reload();
            catch_focus(".run-panel");
        });
    };
    let shown = move || match plan.get() {
        _ if !chosen.get() => ().into_any(),
        _ if asking.get() => view! { <Skeleton lines=5/> },
        None => view! { <Skeleton lines=5/> },
        Some(Err(error)) => view! { <ErrorPanel error=error/> },
        Some(Ok(plan)) => view! { <Plans plan=plan/> },
    };
    let updates = memo(move || matches!(wanted.read().act, RunAct::Update { .. }));
    // Own models are at stake where a plan keeps one, or gives one up.
    let stake = memo(move || match &*plan.read() {
        Some(Ok(plan)) => plan.plans.iter().any(at_stake),
        _ => false,
    });
    let overwrites = memo(move || {
        matches!(
            wanted.read().act,
            RunAct::Update {
                overwrite: true,
                ..
            }
        )
    });
    let button = move || {
        let endpoints = counted(change.get().into(), "endpoint", "endpoints");
        match (updates.get(), change.get()) {
            (true, 0) => "Update".to_owned(),
            (true, _) => format!("Update {endpoints}"),
            (false, 0) => "Roll back".to_owned(),
            (false, _) => format!("Roll back {endpoints}"),
        }
    };
    view! {
        <div class="dialog-body">
            {move || if updates.get() {
                view! { <ToVersion book=book wanted=wanted/> }
            } else {
                view! { <OfRun book=book wanted=wanted/> }
            }}
            <Show when=move || stake.get() || overwrites.get()>
                <Overwrite wanted=wanted overwrites=overwrites/>
            </Show>
            <div class="plan" aria-live="polite">{live(shown)}</div>
            {act.error()}
        </div>
        <footer class="dialog-foot">
            <Button on_click=Callback::new(move |_| book.planning.set(None))>"Cancel"</Button>
            <Button kind=ButtonKind::Primary busy=act.busy blocked=blocked on_click=Callback::new(begin)>
                {button}
            </Button>
        </footer>
    }
}

fn at_stake(plan: &UpdatePlan) -> bool {
    plan.resources.iter().any(|line| {
        matches!(
            line.fate,
            Fate::Kept | Fate::Overwritten | Fate::Gone | Fate::NoLongerFits
        )
    })
}
