//! One endpoint in the ledger.

use super::Book;
use super::model::Row;
use crate::routes::{EndpointTab, Page};
use crate::ui::live::view;
use crate::ui::{Badge, RelativeTime, Tone};
use leptos::prelude::*;
use portico_api::update::{LedgerLine, LedgerModel};

/// A row of the table.
#[component]
pub fn LedgerRow(book: Book, place: usize, row: Row) -> impl IntoView {
    let LedgerLine {
        name,
        is_default,
        customer_name,
        version,
        behind,
        prevent_update,
        stay_until,
        models,
        revision,
        since,
        ..
    } = row.line;
    let (ws, svc) = book.ids.get_value();
    let href = Page::Endpoint {
        ws,
        svc,
        name: name.clone(),
        tab: EndpointTab::Models,
    }
    .href();
    let (picks, toggles, label) = (name.clone(), name.clone(), format!("Choose {name}"));
    let pick = if is_default {
        view! {
            <input
                type="checkbox"
                disabled=true
                aria-label=label
                title="The default endpoint follows the newest version by itself"
            />
        }
    } else {
        view! {
            <input
                type="checkbox"
                aria-label=label
                prop:checked=move || book.picked.read().contains(&picks)
                on:change=move |event| {
                    let wanted = event_target_checked(&event);
                    book.picked.update(|picked| {
                        if wanted {
                            picked.insert(toggles.clone());
                        } else {
                            picked.remove(&toggles);
                        }
                    });
                }
            />
        }
    };
    let customer = customer_name.unwrap_or_default();
    let models = models
        .into_iter()
        .map(|model| view! { <Model model=model/> })
        .collect_view();
    view! {
        <tr aria-rowindex=(place + 2).to_string()>
            <td class="pick-cell">{pick}</td>
            <th scope="row"><a href=href>{name.to_string()}</a></th>
            <td><span class="clip" title=customer>{customer.clone()}</span></td>
            <td>
                <span class="num">{version}</span>
                {(behind > 0).then(|| view! { <span class="behind">{format!(" · {behind} behind")}</span> })}
            </td>
            <td>{models}</td>
            <td class="num">{revision}</td>
            <td class="muted"><RelativeTime time=since/></td>
            <td class="flags">
                {prevent_update.then(|| view! {
                    <Badge tone=Tone::Info text="Prevented" title="Updates pass it by: Prevent update is switched on"/>
                })}
                {stay_until.map(|until| view! {
                    <Badge tone=Tone::Info text=format!("Stays until {}", until.day())/>
                })}
            </td>
        </tr>
    }
}

#[component]
fn Model(model: LedgerModel) -> impl IntoView {
    let short = model.sha256.get(..8).unwrap_or(&model.sha256).to_owned();
    let title = format!("{}: {}", model.resource, model.sha256);
    view! {
        <span class="ledger-model" title=title>
            <code>{short}</code>
            {model.own.then(|| view! { <span class="own">"own"</span> })}
        </span>
    }
}
