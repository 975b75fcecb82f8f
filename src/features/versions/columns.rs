//! What a version takes and gives: its columns, parameters and models, and how it was checked.

use super::model::{output_in_words, parity_in_words};
use super::text;
use crate::client;
use crate::features::consume::model::{type_word, values_in_words};
use crate::ui::live::view;
use crate::ui::number::bytes;
use crate::ui::resource::Resource;
use crate::ui::{CopyButton, CopySource, Glyph, Icon, Loaded, Skeleton, TableFrame};
use leptos::prelude::*;
use portico_api::id::{ServiceId, WorkspaceId};
use portico_api::schema::{InputColumn, OutputColumn, Parameter};
use portico_api::service::{Stage, Version};

/// One version in full; loaded when it is unfolded.
#[component]
pub fn VersionDetails(
    /// The workspace.
    ws: WorkspaceId,
    /// The service.
    svc: ServiceId,
    /// Its number.
    number: u32,
) -> impl IntoView {
    let version = Resource::new(move || {
        let (ws, svc) = (ws.clone(), svc.clone());
        async move { client::versions::get(&ws, &svc, number).await }
    });
    view! {
        <Loaded resource=version waiting=|| view! { <Skeleton lines=8/> } let:version>
            <Details version=version/>
        </Loaded>
    }
}

#[component]
fn Details(version: Version) -> impl IntoView {
    let Version {
        schema,
        stages,
        parity,
        ..
    } = version;
    view! {
        <div class="stack version-details">
            <p class="parity">
                <Icon glyph=Glyph::Check/>
                <span>{text::PARITY} ": " {parity_in_words(&parity)}</span>
            </p>
            <h3>{text::INPUTS}</h3>
            <Inputs columns=schema.inputs/>
            <h3>{text::OUTPUTS}</h3>
            <Outputs columns=schema.outputs/>
            {(!schema.parameters.is_empty())
                .then(|| view! { <h3>{text::PARAMETERS}</h3> <Parameters parameters=schema.parameters/> })}
            <h3>{text::STAGES}</h3>
            <Stages stages=stages/>
        </div>
    }
}

#[component]
fn Inputs(columns: Vec<InputColumn>) -> impl IntoView {
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

#[component]
fn Outputs(columns: Vec<OutputColumn>) -> impl IntoView {
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

#[component]
fn Parameters(parameters: Vec<Parameter>) -> impl IntoView {
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

#[component]
fn Stages(stages: Vec<Stage>) -> impl IntoView {
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
