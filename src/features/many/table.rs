//! The rows of the list with what is wrong with which cell, or what became of them.

use super::model::{Entry, Tally, state_word};
use super::state::Work;
use crate::routes::{EndpointTab, Page};
use crate::ui::choice::{For, Show};
use crate::ui::live::{memo, view};
use crate::ui::number::counted;
use crate::ui::{Badge, Button, CopyButton, CopySource, Switch, TableFrame, Tone};
use leptos::prelude::*;
use portico_api::name::EndpointName;
use portico_api::update::ManyState;

/// How many rows are drawn at first, and more with each *Show more*.
const ROWS: usize = 100;

/// The rows.
#[component]
pub fn Entries(work: Work) -> impl IntoView {
    let bad_only = RwSignal::new(false);
    let shown = RwSignal::new(ROWS);
    let passes = move |entry: &Entry| !bad_only.get() || entry.state == Some(ManyState::Error);
    let matching = memo(move || {
        work.entries
            .read()
            .iter()
            .filter(|entry| passes(entry))
            .count()
    });
    let bad = memo(move || Tally::of(&work.entries.read()).bad);
    let rows = move || {
        let urls = work.urls.read();
        work.entries
            .read()
            .iter()
            .filter(|entry| passes(entry))
            .take(shown.get())
            .map(|entry| (entry.clone(), urls.get(&entry.row.name).cloned()))
            .collect::<Vec<_>>()
    };
    let footer = Signal::derive(move || {
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        counted(count(work.entries.read().len()), "row", "rows")
    });
    view! {
        <Show when=move || { bad.get() > 0 }>
            <Switch
                label="Only rows with errors"
                checked=bad_only
                on_change=Callback::new(move |wanted| bad_only.set(wanted))
            />
        </Show>
        <TableFrame label="Rows of the list" footer=footer>
            <thead>
                <tr>
                    <th scope="col" class="num">"Line"</th>
                    <th scope="col">"State"</th>
                    <th scope="col">"Name"</th>
                    <th scope="col" class="wide">"Description"</th>
                    <th scope="col">"Throttle"</th>
                    <th scope="col">"Customer"</th>
                    <th scope="col">"URL"</th>
                </tr>
            </thead>
            <tbody>
                <For
                    each=rows
                    key=|(entry, url)| format!("{} {} {} {}", entry.line, state_word(entry.state), entry.faults.len(), url.is_some())
                    let:item
                >
                    <EntryRow work=work entry=item.0 url=item.1/>
                </For>
            </tbody>
        </TableFrame>
        <Show when=move || { matching.get() > shown.get() }>
            <div class="show-more">
                <Button on_click=Callback::new(move |_| shown.update(|shown| *shown += 4 * ROWS))>"Show more"</Button>
            </div>
        </Show>
    }
}

#[component]
fn EntryRow(work: Work, entry: Entry, url: Option<String>) -> impl IntoView {
    let tone = match entry.state {
        None => Tone::Neutral,
        Some(ManyState::New) => Tone::Info,
        Some(ManyState::Created | ManyState::Exists) => Tone::Good,
        Some(ManyState::Error) => Tone::Bad,
    };
    let fault = |field: &str| entry.fault(field).map(str::to_owned);
    let there = matches!(entry.state, Some(ManyState::Created | ManyState::Exists));
    let name = match EndpointName::parse(&entry.row.name) {
        Ok(name) if there => {
            let (ws, svc) = work.service();
            let href = Page::Endpoint {
                ws,
                svc,
                name,
                tab: EndpointTab::default(),
            }
            .href();
            view! { <a href=href>{entry.row.name.clone()}</a> }
        }
        _ => entry.row.name.clone().into_any(),
    };
    let others = entry
        .other_faults()
        .into_iter()
        .map(|fault| view! { <p class="field-error">{fault.to_owned()}</p> })
        .collect_view();
    let url = url.filter(|_| there).map(|url| {
        view! {
            <span class="stage-digest">
                <code class="clip" title=url.clone()>{url.clone()}</code>
                <CopyButton source=CopySource::text(url) label="Copy URL" bare=true/>
            </span>
        }
    });
    view! {
        <tr class="plan-row">
            <td class="num muted">{entry.line}</td>
            <td><Badge tone=tone text=state_word(entry.state)/> {others}</td>
            <th scope="row" class:cell-bad=fault("name").is_some()>
                {name}
                <Why fault=fault("name")/>
            </th>
            <td class="wide" class:cell-bad=fault("description").is_some()>
                <span class="clip">{entry.row.description.clone()}</span>
                <Why fault=fault("description")/>
            </td>
            <td class:cell-bad=fault("throttle").is_some()>
                {entry.row.throttle.clone()}
                <Why fault=fault("throttle")/>
            </td>
            <td class:cell-bad=fault("customer").is_some()>
                {entry.row.customer.clone()}
                <Why fault=fault("customer")/>
            </td>
            <td>{url}</td>
        </tr>
    }
}

/// What is wrong with a cell.
#[component]
fn Why(fault: Option<String>) -> impl IntoView {
    fault.map(|fault| view! { <p class="field-error">{fault}</p> })
}
