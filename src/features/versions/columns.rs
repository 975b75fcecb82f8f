//! What a version is made of: its models and sample rows.

use super::text;
use crate::ui::live::view;
use crate::ui::number::{bytes, counted};
use crate::ui::{CopyButton, CopySource, TableFrame};
use leptos::prelude::*;
use portico_api::service::Stage;

/// The models.
#[component]
pub fn Stages(
    /// In order.
    stages: Vec<Stage>,
) -> impl IntoView {
    let rows = stages
        .into_iter()
        .map(|stage| {
            let digest = stage.sha256.get(..12).unwrap_or(&stage.sha256).to_owned();
            view! {
                <tr>
                    <th scope="row" class="mono">{stage.file}</th>
                    <td>{stage.resource.unwrap_or_else(|| "fixed".to_owned())}</td>
                    <td class="num">{bytes(stage.bytes)}</td>
                    <td class="wide">
                        <code title=stage.sha256.clone()>{digest}"…"</code>
                        <CopyButton source=CopySource::text(stage.sha256) label="Copy SHA-256" bare=true/>
                    </td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <TableFrame label=text::STAGES>
            <thead>
                <tr>
                    <th scope="col">{text::FILE}</th>
                    <th scope="col">{text::RESOURCE}</th>
                    <th scope="col" class="num">{text::SIZE}</th>
                    <th scope="col" class="wide">{text::SHA}</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </TableFrame>
    }
}

/// The sample rows.
#[component]
pub fn Samples(
    /// Names of the columns.
    names: Vec<String>,
    /// Rows, cells as text.
    rows: Vec<Vec<String>>,
) -> impl IntoView {
    let foot = counted(u64::try_from(rows.len()).unwrap_or(u64::MAX), "row", "rows");
    let heads = names
        .into_iter()
        .map(|name| view! { <th scope="col" class="mono">{name}</th> })
        .collect_view();
    let rows = rows
        .into_iter()
        .map(|row| {
            let cells = row
                .into_iter()
                .map(|cell| view! { <td class="mono">{cell}</td> })
                .collect_view();
            view! { <tr>{cells}</tr> }
        })
        .collect_view();
    view! {
        <TableFrame label=text::SAMPLES footer=foot>
            <thead>
                <tr>{heads}</tr>
            </thead>
            <tbody>{rows}</tbody>
        </TableFrame>
    }
}
