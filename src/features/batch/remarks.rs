//! What is remarkable about a table, and what was read otherwise than written.

use crate::ui::live::view;
use crate::ui::number::grouped;
use crate::ui::{Badge, TableFrame, Tone};
use leptos::prelude::*;
use portico_tabular::diagnostic::{Diagnostic, Difference, Severity};

/// The most of either that are shown.
const SHOWN: usize = 100;

/// What is remarkable.
#[component]
pub fn Remarks(list: Vec<Diagnostic>) -> impl IntoView {
    (!list.is_empty()).then(|| {
        let rows = list
            .into_iter()
            .take(SHOWN)
            .map(|remark| {
                let (tone, word) = match remark.severity {
                    Severity::Note => (Tone::Info, "note"),
                    Severity::Warning => (Tone::Warning, "warning"),
                    Severity::Error => (Tone::Bad, "error"),
                };
                view! {
                    <tr>
                        <td><Badge tone=tone text=word/></td>
                        <td class="mono">{remark.address}</td>
                        <td class="num">{grouped(remark.count)}</td>
                        <td class="wide batch-wrap">{remark.detail}</td>
                    </tr>
                }
            })
            .collect_view();
        view! {
            <TableFrame label="What is remarkable">
                <thead>
                    <tr>
                        <th scope="col">"Weight"</th>
                        <th scope="col">"First at"</th>
                        <th scope="col" class="num">"Places"</th>
                        <th scope="col" class="wide">"What"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </TableFrame>
        }
    })
}

/// What was read otherwise than written.
#[component]
pub fn Differences(list: Vec<Difference>) -> impl IntoView {
    (!list.is_empty()).then(|| {
        let rows = list
            .into_iter()
            .take(SHOWN)
            .map(|one| {
                view! {
                    <tr>
                        <td class="mono">{one.address}</td>
                        <td class="num">{grouped(one.count)}</td>
                        <td class="mono batch-wrap">{one.written}</td>
                        <td class="mono wide batch-wrap">{one.read}</td>
                    </tr>
                }
            })
            .collect_view();
        view! {
            <TableFrame label="Values read otherwise than written">
                <thead>
                    <tr>
                        <th scope="col">"First at"</th>
                        <th scope="col" class="num">"Cells"</th>
                        <th scope="col">"Written"</th>
                        <th scope="col" class="wide">"Read"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </TableFrame>
        }
    })
}
