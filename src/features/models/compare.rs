//! Examples scored by the version served and by the newest one, side by side.

use super::model::{CellPair, output_columns, pairs, replay_in_words};
use super::{Around, Desk};
use crate::client;
use crate::features::pasted;
use crate::ui::act::Act;
use crate::ui::choice::Show;
use crate::ui::live::{live, memo, view};
use crate::ui::{Badge, Button, ButtonKind, Skeleton, Switch, TableFrame, TextArea, Tone};
use leptos::prelude::*;
use portico_api::rollout::{Replay, ReplayRow, Replayed};

/// The most rows that are scored at once.
const MOST: usize = 100;

const NO_SAMPLES: &str = "The publisher does not show sample rows here. Compare rows of your own.";

/// Compares both versions: on the service's sample rows at first, if they are shown, then on rows of one's own.
#[component]
pub fn Compare(desk: Desk) -> impl IntoView {
    let replayed = RwSignal::new(None::<Replayed>);
    let act = Act::new();
    let only = RwSignal::new(false);
    let run = Callback::new(move |rows: Vec<Vec<String>>| {
        let place = desk.place.get_value();
        let body = Replay {
            version: None,
            rows,
        };
        let call = async move { client::rollout::replay(&place, &body).await };
        act.run(call, move |answer| {
            replayed.try_set(Some(answer));
        });
    });
    let samples = shows_samples(desk);
    if samples {
        run.run(Vec::new());
    }
    let waiting = memo(move || act.busy.get() && replayed.read().is_none());
    let words = move || {
        let replayed = replayed.read().as_ref().map(replay_in_words);
        replayed.or_else(|| (!samples).then(|| NO_SAMPLES.to_owned()))
    };
    let table = move || {
        replayed
            .get()
            .map(|replayed| view! { <Table replayed=replayed only=only.get()/> })
    };
    view! {
        <section class="card compare" aria-labelledby="compare-title">
            <h2 class="section-title" id="compare-title">"Compared on examples"</h2>
            <Show when=move || waiting.get()>
                <Skeleton lines=6/>
            </Show>
            <p role="status">{words}</p>
            {act.error()}
            <Show when=move || replayed.read().is_some()>
                <Switch
                    label="Only rows that differ"
                    checked=only
                    on_change=Callback::new(move |wanted| only.set(wanted))
                />
            </Show>
            {live(table)}
            <OwnRows desk=desk busy=act.busy run=run samples=samples/>
        </section>
    }
}

/// Whether the server scores the sample rows for this person: for a customer where the endpoint shows them.
fn shows_samples(desk: Desk) -> bool {
    let shown = |around: &Around| around.endpoint.value.sample_data_enabled;
    desk.outside.publisher() || untrack(|| desk.part(shown)).unwrap_or(true)
}

/// Rows of one's own.
#[component]
fn OwnRows(
    desk: Desk,
    busy: RwSignal<bool>,
    run: Callback<Vec<Vec<String>>>,
    samples: bool,
) -> impl IntoView {
    let text = RwSignal::new(String::new());
    let error = RwSignal::new(String::new());
    let columns = untrack(|| {
        desk.part(|around| {
            let inputs = around.version.schema.inputs.iter();
            inputs.map(|column| column.name.clone()).collect::<Vec<_>>()
        })
    })
    .unwrap_or_default();
    let hint = format!(
        "At most {MOST} rows, cells with tabs or commas between, in this order: {}.",
        columns.join(", ")
    );
    let width = columns.len();
    let compare = move |_| {
        let typed = text.get_untracked();
        match pasted::rows_of(&typed, width, MOST) {
            Ok(rows) => {
                error.set(String::new());
                run.run(rows);
            }
            Err(problem) => error.set(problem),
        }
    };
    view! {
        <details class="more" open=!samples>
            <summary>"Compare rows of your own"</summary>
            <div class="more-fields">
                <TextArea label="Rows" value=text hint=hint error=error rows=4 mono=true/>
                <div class="row">
                    <Button kind=ButtonKind::Plain busy=busy on_click=Callback::new(compare)>"Compare these"</Button>
                    {samples.then(|| view! {
                        <Button busy=busy on_click=Callback::new(move |_| run.run(Vec::new()))>"Sample rows again"</Button>
                    })}
                </div>
            </div>
        </details>
    }
}

/// The results stand before what was sent: they are what a person came for, and on a narrow screen the rest is
/// reached by scrolling sideways.
#[component]
fn Table(replayed: Replayed, only: bool) -> impl IntoView {
    let columns = output_columns(&replayed);
    let heads = |names: &[String]| {
        names
            .iter()
            .map(|name| view! { <th scope="col">{name.clone()}</th> })
            .collect_view()
    };
    let groups = [
        (format!("Version {} (now)", replayed.from), columns.len()),
        (format!("Version {}", replayed.to), columns.len()),
        ("Sent".to_owned(), replayed.inputs.len()),
    ];
    let groups = groups
        .into_iter()
        .map(|(words, width)| view! { <th scope="colgroup" class="group" colspan=width.to_string()>{words}</th> })
        .collect_view();
    let numbered = (1_usize..).zip(&replayed.rows);
    let rows = numbered
        .filter(|(_, row)| !only || row.differs)
        .map(|(number, row)| {
            let cells = pairs(&columns, &replayed, &row.current, &row.candidate);
            view! { <Row number=number row=row.clone() cells=cells/> }
        })
        .collect_view();
    view! {
        <TableFrame label="Results of both versions">
            <thead>
                <tr>
                    <th scope="col" rowspan="2">"Row"</th>
                    {groups}
                </tr>
                <tr>
                    {heads(&columns)}
                    {heads(&columns)}
                    {heads(&replayed.inputs)}
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </TableFrame>
    }
}

#[component]
fn Row(number: usize, row: ReplayRow, cells: Vec<CellPair>) -> impl IntoView {
    let inputs = row
        .inputs
        .into_iter()
        .map(|cell| view! { <td>{cell}</td> })
        .collect_view();
    let width = cells.len();
    let old = side(row.current.error, width, &cells, false);
    let new = side(row.candidate.error, width, &cells, true);
    view! {
        <tr>
            <th scope="row">
                {number} " "
                {row.differs.then(|| view! { <Badge tone=Tone::Warning text="differs"/> })}
            </th>
            {old}
            {new}
            {inputs}
        </tr>
    }
}

/// The cells of one side, or why there are none.
fn side(error: Option<String>, width: usize, cells: &[CellPair], new: bool) -> AnyView {
    if let Some(error) = error {
        return view! {
            <td class="cell-bad wide" colspan=width.to_string()>
                <strong>"Refused: "</strong> {error}
            </td>
        };
    }
    cells
        .iter()
        .map(|pair| {
            let text = if new { &pair.new } else { &pair.old };
            let text = text.clone().unwrap_or_else(|| "–".to_owned());
            let mark = (pair.differs && new).then(|| {
                view! {
                    <span class="cell-mark" aria-hidden="true">"≠ "</span>
                    <span class="visually-hidden">"differs: "</span>
                }
            });
            view! { <td class:cell-differs=pair.differs>{mark} {text}</td> }
        })
        .collect_view()
        .into_any()
}
