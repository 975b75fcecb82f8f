//! What a version takes and gives: its columns, parameters, models and sample rows.

use super::model::output_in_words;
use super::text;
use crate::features::consume::model::{type_word, values_in_words};
use crate::ui::live::view;
use crate::ui::number::{bytes, counted};
use crate::ui::{CopyButton, CopySource, TableFrame};
use leptos::prelude::*;
use portico_api::schema::{InputColumn, OutputColumn, Parameter};
use portico_api::service::Stage;

/// The input columns.
#[component]
pub fn Inputs(
    /// In order.
    columns: Vec<InputColumn>,
) -> impl IntoView {
    let rows = columns
        .into_iter()
        .map(|column| {
            let seen = values_in_words(&column);
            view! {
                <tr>
                    <th scope="row" class="mono">{column.name}</th>
                    <td>{type_word(column.column_type)}</td>
                    <td>{if column.nullable { "yes" } else { "no" }}</td>
                    <td><span class="clip" title=seen>{seen.clone()}</span></td>
                    <td class="wide muted">{column.description}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <TableFrame label=text::INPUTS>
            <thead>
                <tr>
                    <th scope="col">{text::COLUMN}</th>
                    <th scope="col">{text::TYPE}</th>
                    <th scope="col">{text::MISSING}</th>
                    <th scope="col">{text::SEEN}</th>
                    <th scope="col" class="wide">{text::MEANING}</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </TableFrame>
    }
}

/// The output columns.
#[component]
pub fn Outputs(
    /// In order.
    columns: Vec<OutputColumn>,
) -> impl IntoView {
    let rows = columns
        .into_iter()
        .map(|column| {
            let meaning = output_in_words(&column);
            view! {
                <tr>
                    <th scope="row" class="mono">{column.column}</th>
                    <td class="wide muted">{meaning}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <TableFrame label=text::OUTPUTS>
            <thead>
                <tr>
                    <th scope="col">{text::COLUMN}</th>
                    <th scope="col" class="wide">{text::MEANING}</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </TableFrame>
    }
}

/// The global parameters.
#[component]
pub fn Parameters(
    /// In order.
    parameters: Vec<Parameter>,
) -> impl IntoView {
    let rows = parameters
        .into_iter()
        .map(|parameter| {
            view! {
                <tr>
                    <th scope="row" class="mono">{parameter.name}</th>
                    <td>{type_word(parameter.column_type)}</td>
                    <td>{parameter.default.unwrap_or_else(|| "required".to_owned())}</td>
                    <td class="wide muted">{parameter.description}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <TableFrame label=text::PARAMETERS>
            <thead>
                <tr>
                    <th scope="col">{text::NAME}</th>
                    <th scope="col">{text::TYPE}</th>
                    <th scope="col">{text::DEFAULT}</th>
                    <th scope="col" class="wide">{text::MEANING}</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </TableFrame>
    }
}

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
