//! What goes in and what comes out, as tables.

use super::model::{type_word, values_in_words};
use crate::ui::TableFrame;
use crate::ui::live::view;
use crate::ui::number::counted;
use leptos::prelude::*;
use portico_api::schema::{InputColumn, OutputColumn, OutputKind, Parameter, Schema};

/// The tables of a schema.
#[component]
pub fn SchemaTables(
    /// The schema.
    schema: Schema,
    /// The version that it belongs to.
    number: u32,
) -> impl IntoView {
    let Schema {
        inputs,
        outputs,
        parameters,
    } = schema;
    let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    let input_foot = format!(
        "{}, version {number}",
        counted(count(inputs.len()), "column", "columns")
    );
    let output_foot = format!(
        "{} after the input columns",
        counted(count(outputs.len()), "column", "columns")
    );
    let parameters =
        (!parameters.is_empty()).then(|| view! { <Parameters parameters=parameters/> });
    view! {
        <section class="section" aria-labelledby="consume-inputs">
            <h2 class="section-title" id="consume-inputs">"Inputs"</h2>
            <TableFrame label="Input columns" footer=input_foot>
                <thead>
                    <tr>
                        <th scope="col">"Column"</th>
                        <th scope="col">"Type"</th>
                        <th scope="col">"Seen in training"</th>
                        <th scope="col">"May be empty"</th>
                        <th scope="col" class="wide">"Meaning"</th>
                    </tr>
                </thead>
                <tbody>{inputs.into_iter().map(|column| view! { <InputRow column=column/> }).collect_view()}</tbody>
            </TableFrame>
        </section>
        <section class="section" aria-labelledby="consume-outputs">
            <h2 class="section-title" id="consume-outputs">"Outputs"</h2>
            <TableFrame label="Output columns" footer=output_foot>
                <thead>
                    <tr>
                        <th scope="col">"Column"</th>
                        <th scope="col" class="wide">"Meaning"</th>
                    </tr>
                </thead>
                <tbody>{outputs.into_iter().map(|column| view! { <OutputRow column=column/> }).collect_view()}</tbody>
            </TableFrame>
        </section>
        {parameters}
    }
}

#[component]
fn InputRow(column: InputColumn) -> impl IntoView {
    let values = values_in_words(&column);
    view! {
        <tr>
            <th scope="row" class="mono">{column.name}</th>
            <td>{type_word(column.column_type)}</td>
            <td class="schema-values">{values}</td>
            <td>{if column.nullable { "yes" } else { "no" }}</td>
            <td class="wide muted schema-meaning">{column.description}</td>
        </tr>
    }
}

#[component]
fn OutputRow(column: OutputColumn) -> impl IntoView {
    let meaning = match (column.kind, column.class) {
        (OutputKind::Label, _) => "The predicted class.".to_owned(),
        (OutputKind::Probability, Some(class)) => format!("How probable class {class} is, 0 to 1."),
        (OutputKind::Probability, None) => "A probability, 0 to 1.".to_owned(),
        (OutputKind::Value, _) => "The predicted number.".to_owned(),
    };
    view! {
        <tr>
            <th scope="row" class="mono">{column.column}</th>
            <td class="wide muted schema-meaning">{meaning}</td>
        </tr>
    }
}

#[component]
fn Parameters(parameters: Vec<Parameter>) -> impl IntoView {
    let rows = parameters
        .into_iter()
        .map(|parameter| view! {
            <tr>
                <th scope="row" class="mono">{parameter.name}</th>
                <td>{type_word(parameter.column_type)}</td>
                <td>{parameter.default.unwrap_or_else(|| "none: it must be sent".to_owned())}</td>
                <td class="wide muted schema-meaning">{parameter.description}</td>
            </tr>
        })
        .collect_view();
    view! {
        <section class="section" aria-labelledby="consume-parameters">
            <h2 class="section-title" id="consume-parameters">"Global parameters"</h2>
            <TableFrame label="Global parameters">
                <thead>
                    <tr>
                        <th scope="col">"Parameter"</th>
                        <th scope="col">"Type"</th>
                        <th scope="col">"Default"</th>
                        <th scope="col" class="wide">"Meaning"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </TableFrame>
        </section>
    }
}
