//! What a run would do, before it is started: counted, and endpoint by endpoint.

use super::Book;
use super::model::{Outcome, act_in_words, models_in_words, plan_in_words, selection_in_words};
use crate::client::{self, Answer, ClientError};
use crate::features::endpoints::mint::random_hex;
use crate::ui::choice::Show;
use crate::ui::live::{effect, live, memo, view};
use crate::ui::number::counted;
use crate::ui::time::absolute;
use crate::ui::{
    Badge, Button, ButtonKind, Dialog, ErrorPanel, Field, FieldIds, Skeleton, TableFrame, Tone,
};
use leptos::prelude::*;
use leptos::task::spawn_local;
use portico_api::page::{PAGE_SIZE_MAX, PageQuery};
use portico_api::update::{Fate, RunAct, RunPlan, Selection, StartRun, UpdatePlan};

/// How many endpoints are listed at first, and more with each *Show more*.
const ROWS: usize = 50;

/// The dialog; open while something is planned.
#[component]
pub fn PlanDialog(book: Book) -> impl IntoView {
    let busy = RwSignal::new(false);
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
        if !busy.get_untracked() {
            book.planning.set(None);
        }
    });
    let form = move || {
        let start = book.planning.get_untracked()?;
        Some(view! { <PlanForm book=book start=start busy=busy/> })
    };
    view! {
        <Dialog open=open title=title wide=true on_close=close>
            {form()}
        </Dialog>
    }
}

#[component]
fn PlanForm(book: Book, start: StartRun, busy: RwSignal<bool>) -> impl IntoView {
    let wanted = RwSignal::new(start);
    let plan = RwSignal::new(None::<Answer<RunPlan>>);
    let failure = RwSignal::new(None::<ClientError>);
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
        plan.set(None);
        let (ws, svc) = book.ids.get_value();
        spawn_local(async move {
            let answer = client::runs::plan(&ws, &svc, &body).await;
            // An answer to an older wish is dropped.
            if asked.try_get_value() == Some(this) {
                plan.try_set(Some(answer));
            }
        });
    });
    let change = memo(move || match &*plan.read() {
        Some(Ok(plan)) => plan.change,
        _ => 0,
    });
    let blocked = memo(move || match &*plan.read() {
        _ if !chosen.get() => "Choose the run first".to_owned(),
        None => "What it would do is being worked out".to_owned(),
        Some(Err(_)) => "What it would do is not known".to_owned(),
        Some(Ok(plan)) if plan.change == 0 => "No endpoint would change".to_owned(),
        Some(Ok(_)) => String::new(),
    });
    let begin = move |_| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        failure.set(None);
        let (ws, svc) = book.ids.get_value();
        let (body, key) = (wanted.get_untracked(), once.get_value());
        spawn_local(async move {
            let answer = client::runs::start(&ws, &svc, &body, &key).await;
            busy.try_set(false);
            match answer {
                Ok(run) => {
                    book.planning.try_set(None);
                    book.picked.try_update(|picked| picked.clear());
                    book.fresh.try_set_value(Some(run.id.clone()));
                    book.run.try_set(Some(run.id));
                    book.runs.reload();
                }
                Err(error) => {
                    failure.try_set(Some(error));
                }
            }
        });
    };
    let shown = move || match plan.get() {
        _ if !chosen.get() => ().into_any(),
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
            {live(move || failure.get().map(|error| view! { <ErrorPanel error=error/> }))}
        </div>
        <footer class="dialog-foot">
            <Button on_click=Callback::new(move |_| book.planning.set(None))>"Cancel"</Button>
            <Button kind=ButtonKind::Primary busy=busy blocked=blocked on_click=Callback::new(begin)>
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

/// Chooses the version; the newest at first.
#[component]
fn ToVersion(book: Book, wanted: RwSignal<StartRun>) -> impl IntoView {
    let ids = FieldIds::new();
    let (id, described) = (ids.input.clone(), ids.described_by());
    let numbers = RwSignal::new(Vec::<u32>::new());
    let (ws, svc) = book.ids.get_value();
    spawn_local(async move {
        let query = PageQuery {
            page_size: Some(PAGE_SIZE_MAX),
            page_token: None,
        };
        // Without the list, the newest version can be chosen still.
        if let Ok(page) = client::versions::list(&ws, &svc, &query).await {
            let list = page.items.into_iter().map(|version| version.number);
            numbers.try_set(list.collect());
        }
    });
    let options = move || {
        let numbers = numbers.get();
        let option = |number: u32| view! { <option value=number.to_string()>{format!("Version {number}")}</option> };
        numbers.into_iter().map(option).collect_view()
    };
    let choose = move |event| {
        let chosen = event_target_value(&event).parse().ok();
        wanted.update(|wanted| {
            if let RunAct::Update { version, .. } = &mut wanted.act {
                *version = chosen;
            }
        });
    };
    view! {
        <Field ids=ids label="To version">
            <select class="input" id=id aria-describedby=described on:change=choose>
                <option value="">"The newest"</option>
                {options}
            </select>
        </Field>
    }
}

/// Whether own models stay or give way.
#[component]
fn Overwrite(wanted: RwSignal<StartRun>, overwrites: Memo<bool>) -> impl IntoView {
    let set = move |flag| {
        wanted.update(|wanted| {
            if let RunAct::Update { overwrite, .. } = &mut wanted.act {
                *overwrite = flag;
            }
        });
    };
    view! {
        <fieldset class="pick overwrite">
            <legend class="field-label">"Own models of these endpoints"</legend>
            <label class="choice" class:chosen=move || !overwrites.get()>
                <input
                    type="radio"
                    name="overwrite-many"
                    prop:checked=move || !overwrites.get()
                    on:change=move |_| set(false)
                />
                <span class="choice-title">"Keep them"</span>
                <span class="choice-note">"Everything else is taken from the version."</span>
            </label>
            <label class="choice" class:chosen=move || overwrites.get()>
                <input
                    type="radio"
                    name="overwrite-many"
                    prop:checked=move || overwrites.get()
                    on:change=move |_| set(true)
                />
                <span class="choice-title">"Overwrite them"</span>
                <span class="choice-note">"The version’s models take their place, as the list below says. The revisions keep them."</span>
            </label>
        </fieldset>
    }
}

/// Chooses the run that is taken back, or says which one it is.
#[component]
fn OfRun(book: Book, wanted: RwSignal<StartRun>) -> impl IntoView {
    let ids = FieldIds::new();
    let (id, described) = (ids.input.clone(), ids.described_by());
    let current = memo(move || match &wanted.read().act {
        RunAct::Rollback { run } => run.clone(),
        RunAct::Update { .. } => String::new(),
    });
    let options = move || {
        let runs = book.runs.items();
        let runs = runs.read();
        runs.iter()
            .filter(|run| run.changed > 0)
            .map(|run| {
                let words = format!(
                    "{}, {}, {} changed",
                    act_in_words(&run.act),
                    absolute(&run.started_at),
                    counted(run.changed.into(), "endpoint", "endpoints")
                );
                let (value, this) = (run.id.clone(), run.id.clone());
                view! { <option value=value selected=move || *current.read() == this>{words}</option> }
            })
            .collect_view()
    };
    let choose = move |event| {
        let run = event_target_value(&event);
        wanted.update(|wanted| wanted.act = RunAct::Rollback { run });
    };
    view! {
        <Field
            ids=ids
            label="The run that is taken back"
            hint="Endpoints go back to what they were before it, where nothing has changed them since."
        >
            <select class="input" id=id aria-describedby=described on:change=choose>
                <option value="" selected=move || current.read().is_empty()>"Choose a run"</option>
                {options}
            </select>
        </Field>
    }
}

/// The counts, then each endpoint.
#[component]
fn Plans(plan: RunPlan) -> impl IntoView {
    let words = plan_in_words(&plan);
    let all = plan.plans.len();
    let plans = StoredValue::new(plan.plans);
    let shown = RwSignal::new(ROWS);
    let rows = move || {
        plans.with_value(|plans| {
            let first = plans.iter().take(shown.get());
            first
                .map(|plan| view! { <PlanRow plan=plan.clone()/> })
                .collect_view()
        })
    };
    view! {
        <p class="plan-counts"><strong>{words} "."</strong></p>
        {(all > 0).then(|| view! {
            <TableFrame label="What becomes of each endpoint">
                <thead>
                    <tr>
                        <th scope="col">"Endpoint"</th>
                        <th scope="col">"Version"</th>
                        <th scope="col" class="wide">"What becomes of it"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </TableFrame>
        })}
        <Show when=move || { shown.get() < all }>
            <div class="show-more">
                <Button on_click=Callback::new(move |_| shown.update(|shown| *shown += 4 * ROWS))>"Show more"</Button>
            </div>
        </Show>
    }
}

#[component]
fn PlanRow(plan: UpdatePlan) -> impl IntoView {
    let outcome = Outcome::of(&plan);
    let tone = match outcome {
        Outcome::Changes => Tone::Good,
        Outcome::KeepsOwn => Tone::Info,
        Outcome::Unchanged => Tone::Neutral,
        Outcome::Refused => Tone::Warning,
    };
    let lost: Vec<String> = plan
        .resources
        .iter()
        .filter(|line| line.fate == Fate::Overwritten)
        .map(|line| format!("Lost: the own model of “{}”.", line.resource))
        .collect();
    let details = match (outcome, &plan.refused) {
        (Outcome::Refused, Some(reason)) => vec![reason.clone()],
        (Outcome::Changes | Outcome::KeepsOwn, _) => models_in_words(&plan.resources),
        _ => Vec::new(),
    };
    let versions = if plan.from == plan.to {
        plan.to.to_string()
    } else {
        format!("{} → {}", plan.from, plan.to)
    };
    let details = lost
        .into_iter()
        .chain(details)
        .map(|line| view! { <span class="change-line">{line}</span> })
        .collect_view();
    view! {
        <tr class="plan-row">
            <th scope="row">{plan.endpoint.to_string()}</th>
            <td class="num-left">{versions}</td>
            <td class="wide"><Badge tone=tone text=outcome.word()/> {details}</td>
        </tr>
    }
}
