//! The output columns and the global parameters of a draft, to be edited.

use super::cells::{ChoiceCell, TableWrong, TextCell, type_place, type_words};
use super::model::{KINDS, ParameterForm, TYPES, member};
use super::state::use_publishing;
use super::text;
use crate::ui::TableFrame;
use crate::ui::live::{live, view};
use leptos::prelude::*;
use portico_api::schema::{OutputColumn, OutputKind};

/// The output columns.
#[component]
pub fn Outputs() -> impl IntoView {
    let outputs = use_publishing()
        .form
        .with_untracked(|form| form.outputs.clone());
    let rows = outputs
        .into_iter()
        .enumerate()
        .map(|(index, output)| view! { <OutputRow index=index output=output/> })
        .collect_view();
    view! {
        <section class="section">
            <h3 class="section-title">{text::OUTPUTS}</h3>
            <p class="muted publish-text">{text::OUTPUTS_TEXT}</p>
            <TableWrong pointer="/schema/outputs"/>
            <TableFrame label=text::OUTPUTS>
                <thead>
                    <tr>
                        <th scope="col">{text::COLUMN}</th>
                        <th scope="col">{text::KIND}</th>
                        <th scope="col">{text::CLASS}</th>
                        <th scope="col">{text::TENSOR}</th>
                    </tr>
                </thead>
                <tbody class="cells">{rows}</tbody>
            </TableFrame>
        </section>
    }
}

#[component]
fn OutputRow(index: usize, output: OutputColumn) -> impl IntoView {
    let state = use_publishing();
    let at = |field: &str| format!("/schema/outputs/{index}/{field}");
    let of = |what: &str| format!("{what}: output {}", index + 1);
    let set = move |put| state.setter(|form| &mut form.outputs, index, put);
    let probability = RwSignal::new(output.kind == OutputKind::Probability);
    let choose = Callback::new(move |place: usize| {
        let Some((kind, _)) = KINDS.get(place) else {
            return;
        };
        state.edit_at(
            |form| &mut form.outputs,
            index,
            |output| {
                output.kind = *kind;
                if *kind != OutputKind::Probability {
                    output.class = None;
                }
            },
        );
        probability.set(*kind == OutputKind::Probability);
    });
    let place = KINDS
        .iter()
        .position(|(kind, _)| *kind == output.kind)
        .unwrap_or_default();
    let class = move || {
        state.form.with_untracked(|form| {
            let output = form.outputs.get(index);
            output
                .and_then(|output| output.class.clone())
                .unwrap_or_default()
        })
    };
    let class_label = of(text::CLASS);
    view! {
        <tr>
            <th scope="row">
                <TextCell
                    label=of(text::COLUMN)
                    value=output.column.clone()
                    pointer=at("column")
                    mono=true
                    on_input=set(|output, text| output.column = text)
                />
            </th>
            <td>
                <ChoiceCell
                    label=of(text::KIND)
                    words=KINDS.map(|(_, word)| word).to_vec()
                    value=place
                    pointer=at("kind")
                    on_choose=choose
                />
            </td>
            <td>
                {live(move || {
                    probability.get().then(|| {
                        view! {
                            <TextCell
                                label=class_label.clone()
                                value=class()
                                pointer=format!("/schema/outputs/{index}/class")
                                on_input=set(|output, text| {
                                    output.class = Some(text).filter(|text| !text.is_empty());
                                })
                            />
                        }
                    })
                })}
            </td>
            <td class="mono muted">{output.tensor}</td>
        </tr>
    }
}

/// The global parameters; nothing where there are none.
#[component]
pub fn Parameters() -> impl IntoView {
    let parameters = use_publishing()
        .form
        .with_untracked(|form| form.parameters.clone());
    if parameters.is_empty() {
        return ().into_any();
    }
    let rows = parameters
        .into_iter()
        .enumerate()
        .map(|(index, parameter)| view! { <ParameterRow index=index parameter=parameter/> })
        .collect_view();
    view! {
        <section class="section">
            <h3 class="section-title">{text::PARAMETERS}</h3>
            <p class="muted publish-text">{text::PARAMETERS_TEXT}</p>
            <TableFrame label=text::PARAMETERS>
                <thead>
                    <tr>
                        <th scope="col">{text::NAME}</th>
                        <th scope="col">{text::TYPE}</th>
                        <th scope="col">{text::DEFAULT}</th>
                        <th scope="col">{text::IN_SAMPLES}</th>
                        <th scope="col">{text::MEANING}</th>
                    </tr>
                </thead>
                <tbody class="cells">{rows}</tbody>
            </TableFrame>
        </section>
    }
}

#[component]
fn ParameterRow(index: usize, parameter: ParameterForm) -> impl IntoView {
    let state = use_publishing();
    let at = |field: &str| format!("/schema/parameters/{index}/{field}");
    let of = |what: &str| format!("{what} of {}", parameter.name);
    let set = move |put| state.setter(|form| &mut form.parameters, index, put);
    let choose = Callback::new(move |place: usize| {
        if let Some(chosen) = TYPES.get(place) {
            state.edit_at(
                |form| &mut form.parameters,
                index,
                |parameter| parameter.column_type = *chosen,
            );
        }
    });
    let name = parameter.name.clone();
    let sample = state.form.with_untracked(|form| {
        let value = form.sample_parameters.get(&name);
        value.cloned().unwrap_or_default()
    });
    let set_sample = Callback::new({
        let name = name.clone();
        move |text: String| {
            let name = name.clone();
            state.edit(|form| {
                if text.is_empty() {
                    form.sample_parameters.remove(&name);
                } else {
                    form.sample_parameters.insert(name, text);
                }
            });
        }
    });
    view! {
        <tr>
            <th scope="row" class="mono">{parameter.name.clone()}</th>
            <td>
                <ChoiceCell
                    label=of(text::TYPE)
                    words=type_words()
                    value=type_place(parameter.column_type)
                    pointer=at("type")
                    on_choose=choose
                />
            </td>
            <td>
                <TextCell
                    label=of(text::DEFAULT)
                    value=parameter.default.clone()
                    pointer=at("default")
                    placeholder=text::REQUIRED
                    on_input=set(|parameter, text| parameter.default = text)
                />
            </td>
            <td>
                <TextCell
                    label=of(text::IN_SAMPLES)
                    value=sample
                    pointer=member("/sample_parameters", &name)
                    placeholder=text::BY_DEFAULT
                    on_input=set_sample
                />
            </td>
            <td>
                <TextCell
                    label=of(text::MEANING)
                    value=parameter.description.clone()
                    pointer=at("description")
                    on_input=set(|parameter, text| parameter.description = text)
                />
            </td>
        </tr>
    }
}
