//! *Add many*: a list of endpoints, pasted or from a file, checked row by row, then made. A bad row
//! holds nobody back, and running again makes nothing twice.

mod intake;
pub mod model;
mod state;
mod table;

use crate::outside::use_outside;
use crate::routes::{Page, ServiceTab};
use crate::ui::choice::Show;
use crate::ui::file::save;
use crate::ui::focus::catch_focus_after;
use crate::ui::live::{live, memo, view};
use crate::ui::number::{counted, grouped};
use crate::ui::{Button, ButtonKind, ErrorPanel};
use intake::Intake;
use leptos::prelude::*;
use model::{Tally, csv};
use portico_api::id::{ServiceId, WorkspaceId};
use state::{Phase, Work};
use table::Entries;

/// Adds many endpoints to a service.
#[component]
pub fn Many(
    /// The workspace.
    ws: WorkspaceId,
    /// The service.
    svc: ServiceId,
) -> impl IntoView {
    let back = Page::Service {
        ws: ws.clone(),
        svc: svc.clone(),
        tab: ServiceTab::Endpoints,
    }
    .href();
    let work = Work::new(ws, svc, use_outside());
    let writing = memo(move || work.phase.get() == Phase::Writing);
    catch_focus_after(
        move || work.phase.track(),
        "#many-title, .many-intake textarea",
    );
    view! {
        <div class="many">
            <Show when=move || writing.get() fallback=move || view! { <Checked work=work/> }>
                <Intake work=work/>
            </Show>
            <p class="many-back"><a href=back>"Back to the endpoints"</a></p>
        </div>
    }
}

/// The rows once they are checked: what is wrong with which, and making the others.
#[component]
fn Checked(work: Work) -> impl IntoView {
    let tally = memo(move || Tally::of(&work.entries.read()));
    let running = memo(move || matches!(work.phase.get(), Phase::Checking | Phase::Creating));
    let made = memo(move || work.phase.get() == Phase::Done);
    let head = move || match work.phase.get() {
        Phase::Checking => "Checking the rows",
        Phase::Creating => "Creating the endpoints",
        Phase::Done => "What was created",
        Phase::Writing | Phase::Checked => "Before anything is created",
    };
    let blocked = memo(move || tally.get().blocked().to_owned());
    let progress = move || {
        let (done, all) = work.progress.get();
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        let words = format!(
            "{} of {}",
            grouped(count(done)),
            counted(count(all), "row", "rows")
        );
        running.get().then(|| {
            view! {
                <div class="upload-progress">
                    <progress aria-label="Rows done" max=all.to_string() value=done.to_string()></progress>
                    <span class="muted">{words}</span>
                    <Button on_click=Callback::new(move |_| work.cancel())>"Cancel"</Button>
                </div>
            }
        })
    };
    let export = move |_| {
        let urls = work.urls.get_untracked();
        let bytes = work
            .entries
            .with_untracked(|entries| csv(entries, |name| urls.get(name).cloned()));
        if !save("endpoints.csv", "text/csv", &bytes) {
            work.toasts
                .error("The browser did not take the file. Try again.");
        }
    };
    let notes = move || {
        let notes = work.notes.get();
        (!notes.is_empty()).then(|| view! { <p class="notice tone-info">{notes.join(" ")}</p> })
    };
    view! {
        <section class="card many-head" aria-labelledby="many-title">
            <h2 id="many-title" tabindex="-1">{head}</h2>
            <p role="status">{move || format!("{}.", tally.get().in_words())}</p>
            {live(progress)}
            {live(notes)}
            {live(move || work.failure.get().map(|error| view! {
                <ErrorPanel error=error/>
                <p class="muted">"What was created stays created. Going on creates nothing twice."</p>
            }))}
            <Show when=move || !running.get()>
                <div class="row">
                    <Show when=move || !made.get() || tally.get().new != 0>
                        <Button
                            kind=ButtonKind::Primary
                            blocked=blocked
                            on_click=Callback::new(move |_| work.create())
                        >
                            {move || tally.get().button()}
                        </Button>
                    </Show>
                    <Button on_click=Callback::new(move |_| work.write_again())>
                        {move || if made.get() { "Another list" } else { "Change the list" }}
                    </Button>
                    <Show when=move || made.get()>
                        <Button on_click=Callback::new(export)>"Export the list"</Button>
                    </Show>
                </div>
            </Show>
            <Show when=move || made.get()>
                <p class="muted">"Each endpoint’s keys are on its page, under Keys."</p>
            </Show>
        </section>
        <Entries work=work/>
    }
}
