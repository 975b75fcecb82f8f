//! A run: how far it is while it runs, then what it did to each endpoint.

use super::Book;
use super::model::{
    act_in_words, done, models_in_words, move_in_words, run_in_words, state_word, take_back_blocked,
};
use crate::client::{self, Answer};
use crate::routes::{EndpointTab, Page};
use crate::ui::choice::{For, Show};
use crate::ui::focus::catch_focus;
use crate::ui::live::{effect, live, memo, view};
use crate::ui::{
    Badge, Button, EmptyState, ErrorPanel, Listing, ListingView, RelativeTime, Skeleton,
    TableFrame, Tone, timer,
};
use leptos::prelude::*;
use leptos::task::spawn_local;
use portico_api::update::{LineState, Run, RunAct, RunLine, RunState, Selection, StartRun};
use std::time::Duration;

/// How often a run that is under way is asked for.
const EVERY: Duration = Duration::from_millis(700);

/// The panel of a run.
#[component]
pub fn RunPanel(book: Book, run: String) -> impl IntoView {
    let state = RwSignal::new(None::<Answer<Run>>);
    let id = StoredValue::new(run);
    // One question at a time: a slow answer is not asked for twice.
    let asking = StoredValue::new(false);
    let load = move || {
        if asking.try_get_value() != Some(false) {
            return;
        }
        asking.set_value(true);
        let ((ws, svc), run) = (book.ids.get_value(), id.get_value());
        spawn_local(async move {
            let answer = client::runs::get(&ws, &svc, &run).await;
            asking.try_set_value(false);
            state.try_update(|state| {
                if answer.is_ok() || !matches!(state, Some(Ok(_))) {
                    *state = Some(answer);
                }
            });
        });
    };
    load();
    let running = memo(move || match &*state.read() {
        None => true,
        Some(Ok(run)) => run.state == RunState::Running,
        Some(Err(_)) => false,
    });
    timer::every(EVERY, move || {
        if running.try_get_untracked() == Some(true) {
            load();
        }
    });
    let lines = Listing::new(move |query| {
        let ((ws, svc), run) = (book.ids.get_value(), id.get_value());
        async move { client::runs::lines(&ws, &svc, &run, &query).await }
    });
    // Once a run that was started here, or seen under way, has ended, the lists are other than they were.
    let seen = StoredValue::new(book.fresh.get_value() == Some(id.get_value()));
    effect(move || {
        let running = match &*state.read() {
            Some(Ok(run)) => run.state == RunState::Running,
            _ => return,
        };
        if running {
            seen.set_value(true);
        } else if seen.get_value() {
            seen.set_value(false);
            book.fresh.set_value(None);
            lines.reload();
            book.changed();
        }
    });
    let head = move || match state.get() {
        None => view! { <Skeleton lines=2/> },
        Some(Err(error)) => {
            let retry = Callback::new(move |()| load());
            view! { <ErrorPanel error=error retry=retry/> }
        }
        Some(Ok(run)) => view! { <Head book=book run=run/> },
    };
    let empty = || {
        view! { <EmptyState title="No endpoint" text="This run was over no endpoint."/> }
    };
    let ended =
        memo(move || matches!(&*state.read(), Some(Ok(run)) if run.state != RunState::Running));
    view! {
        <section class="card run-panel" aria-label="Run" tabindex="-1">
            <div aria-live="polite">{live(head)}</div>
            <Show when=move || ended.get()>
                <ListingView listing=lines empty=empty>
                    <Lines book=book lines=lines/>
                </ListingView>
            </Show>
        </section>
    }
}

#[component]
fn Head(book: Book, run: Run) -> impl IntoView {
    let running = run.state == RunState::Running;
    let words = run_in_words(&run);
    let (total, done) = (run.total.to_string(), done(&run).to_string());
    let blocked = take_back_blocked(&run).to_owned();
    let (cancels, takes) = (run.id.clone(), run.id);
    let cancel = move |_| {
        let ((ws, svc), run) = (book.ids.get_value(), cancels.clone());
        spawn_local(async move {
            if let Err(error) = client::runs::cancel(&ws, &svc, &run).await {
                book.toasts.problem(&error);
            }
        });
    };
    let close = move |_| {
        book.run.set(None);
        catch_focus(".ledger-bar input:checked");
    };
    let take_back = move |_| book.planning.set(Some(taking_back(&takes)));
    view! {
        <div class="run-head">
            <div class="run-words">
                <h2>{act_in_words(&run.act)}</h2>
                <p class="muted">"Started by " {run.actor} ", " <RelativeTime time=run.started_at/></p>
            </div>
            <div class="row">
                {if running {
                    view! { <Button on_click=Callback::new(cancel)>"Cancel"</Button> }
                } else {
                    view! {
                        <Button blocked=Signal::stored(blocked) on_click=Callback::new(take_back)>"Take back…"</Button>
                        <Button on_click=Callback::new(close)>"Close"</Button>
                    }
                }}
            </div>
        </div>
        {running.then(|| view! {
            <progress class="run-progress" aria-label="Endpoints done" max=total value=done></progress>
        })}
        <p class="run-counts">{words} "."</p>
    }
}

/// Takes back a whole run.
pub fn taking_back(run: &str) -> StartRun {
    StartRun {
        selection: Selection::All,
        act: RunAct::Rollback {
            run: run.to_owned(),
        },
    }
}

#[component]
fn Lines(book: Book, lines: Listing<RunLine>) -> impl IntoView {
    let items = lines.items();
    view! {
        <TableFrame label="What the run did to each endpoint">
            <thead>
                <tr>
                    <th scope="col">"Endpoint"</th>
                    <th scope="col">"What happened"</th>
                    <th scope="col">"Version"</th>
                    <th scope="col" class="wide">"Models, old → new"</th>
                </tr>
            </thead>
            <tbody>
                <For
                    each=move || items.get()
                    key=|line| format!("{} {}", line.endpoint, state_word(line.state))
                    let:line
                >
                    <Line book=book line=line/>
                </For>
            </tbody>
        </TableFrame>
    }
}

#[component]
fn Line(book: Book, line: RunLine) -> impl IntoView {
    let (ws, svc) = book.ids.get_value();
    let href = Page::Endpoint {
        ws,
        svc,
        name: line.endpoint.clone(),
        tab: EndpointTab::Models,
    }
    .href();
    let tone = match line.state {
        LineState::Changed => Tone::Good,
        LineState::Waiting | LineState::Unchanged => Tone::Neutral,
        LineState::Refused => Tone::Warning,
    };
    let moved = move_in_words(&line);
    let word = state_word(line.state);
    let details: Vec<String> = match (line.state, line.detail) {
        (LineState::Changed, _) => models_in_words(&line.resources),
        (_, Some(detail)) => vec![detail],
        (_, None) => Vec::new(),
    };
    let details = details
        .into_iter()
        .map(|line| view! { <span class="change-line">{line}</span> })
        .collect_view();
    view! {
        <tr>
            <th scope="row"><a href=href>{line.endpoint.to_string()}</a></th>
            <td><Badge tone=tone text=word/></td>
            <td>{moved}</td>
            <td class="wide">{details}</td>
        </tr>
    }
}
