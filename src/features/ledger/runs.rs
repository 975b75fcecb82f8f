//! The runs of a service, newest first.

use super::Book;
use super::model::{act_in_words, done, run_in_words, take_back_blocked};
use super::run::taking_back;
use crate::ui::choice::For;
use crate::ui::live::view;
use crate::ui::{Badge, Button, EmptyState, ListingView, RelativeTime, TableFrame, Tone};
use leptos::prelude::*;
use portico_api::update::{Run, RunState};

/// The list of runs.
#[component]
pub fn Runs(book: Book) -> impl IntoView {
    let items = book.runs.items();
    let empty = || {
        view! { <EmptyState title="No run yet" text="When many endpoints are updated together, it stands here, and can be taken back."/> }
    };
    view! {
        <ListingView listing=book.runs empty=empty>
            <TableFrame label="Runs">
                <thead>
                    <tr>
                        <th scope="col">"What"</th>
                        <th scope="col">"State"</th>
                        <th scope="col" class="wide">"Endpoints"</th>
                        <th scope="col">"By"</th>
                        <th scope="col">"Started"</th>
                        <th scope="col" class="actions"><span class="visually-hidden">"Actions"</span></th>
                    </tr>
                </thead>
                <tbody>
                    <For
                        each=move || items.get()
                        key=|run| format!("{} {} {:?}", run.id, done(run), run.state)
                        let:run
                    >
                        <RunRow book=book run=run/>
                    </For>
                </tbody>
            </TableFrame>
        </ListingView>
    }
}

#[component]
fn RunRow(book: Book, run: Run) -> impl IntoView {
    let (tone, word) = match run.state {
        RunState::Running => (Tone::Info, "Running"),
        RunState::Finished => (Tone::Good, "Finished"),
        RunState::Cancelled => (Tone::Warning, "Cancelled"),
    };
    let blocked = take_back_blocked(&run).to_owned();
    let words = run_in_words(&run);
    let (shows, takes) = (run.id.clone(), run.id);
    view! {
        <tr>
            <th scope="row">{act_in_words(&run.act)}</th>
            <td><Badge tone=tone text=word/></td>
            <td class="wide">{words}</td>
            <td><span class="clip" title=run.actor.clone()>{run.actor.clone()}</span></td>
            <td class="muted"><RelativeTime time=run.started_at/></td>
            <td class="actions">
                <span class="row row-actions">
                    <Button on_click=Callback::new(move |_| book.run.set(Some(shows.clone())))>"Show"</Button>
                    <Button
                        blocked=Signal::stored(blocked)
                        on_click=Callback::new(move |_| book.planning.set(Some(taking_back(&takes))))
                    >
                        "Take back…"
                    </Button>
                </span>
            </td>
        </tr>
    }
}
