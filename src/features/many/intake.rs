//! Where the list comes in: a field to paste into, a file that is chosen or dropped.

use super::model::{COLUMNS, LIST_ROWS};
use super::state::Work;
use crate::ui::live::view;
use crate::ui::number::grouped;
use crate::ui::{Button, ButtonKind, ChooseFile, CodeBlock, FileDrop, TextArea};
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen_futures::JsFuture;
use web_sys::File;

/// What a list looks like.
const EXAMPLE: &str = "name,description,throttle,customer
northpole,Nightly run,low,
southpole,\"Sensors, hourly\",40,Acme";

/// The largest file that is read: far more than a list of the most rows has.
const MOST_BYTES: f64 = 20_000_000.0;

/// The field and the buttons.
#[component]
pub fn Intake(work: Work) -> impl IntoView {
    let take = Callback::new(move |file: File| {
        if file.size() > MOST_BYTES {
            work.problem.set(format!(
                "{} is too large for a list: at most {} rows.",
                file.name(),
                grouped(u64::try_from(LIST_ROWS).unwrap_or(u64::MAX))
            ));
            return;
        }
        spawn_local(async move {
            let text = JsFuture::from(file.text()).await.ok();
            match text.and_then(|text| text.as_string()) {
                Some(text) => {
                    // The page may be gone by now: then the text comes back.
                    if work.text.try_set(text).is_none() {
                        work.check();
                    }
                }
                None => {
                    work.problem
                        .try_set(format!("{} could not be read.", file.name()));
                }
            }
        });
    });
    let hint = format!(
        "One endpoint a line: {}. Only the name is needed. Throttle: low, high, or calls at once, 1 to 200. Copy the rows in a spreadsheet, or write them with commas.",
        COLUMNS.join(", ")
    );
    view! {
        <FileDrop class="many-intake" open=Signal::stored(true) on_file=take>
            <TextArea label="Endpoints" value=work.text hint=hint error=work.problem rows=10 mono=true/>
            <div class="row">
                <Button kind=ButtonKind::Primary on_click=Callback::new(move |_| work.check())>"Check the list"</Button>
                <ChooseFile
                    label="Choose a CSV file"
                    name="CSV file with endpoints"
                    accept=".csv,.tsv,.txt,text/csv,text/tab-separated-values"
                    on_file=take
                />
                <span class="muted">"or drop one here. Nothing is created before you say so."</span>
            </div>
        </FileDrop>
        <details class="more">
            <summary>"What a list looks like"</summary>
            <div class="more-fields">
                <CodeBlock code=Signal::stored(EXAMPLE.to_owned()) label="Example"/>
            </div>
        </details>
    }
}
