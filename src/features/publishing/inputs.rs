//! The input columns of a draft, to be edited.

use super::cells::{ChoiceCell, TableWrong, TextCell, type_place, type_words};
use super::model::{InputForm, TYPES};
use super::paste::PasteNames;
use super::state::use_publishing;
use super::text;
use crate::ui::TableFrame;
use crate::ui::live::{memo, view};
use crate::ui::number::counted;
use leptos::prelude::*;

/// The input columns.
#[component]
pub fn Inputs() -> impl IntoView {
    let state = use_publishing();
    let inputs = state.form.with_untracked(|form| form.inputs.clone());
    let count = u64::try_from(inputs.len()).unwrap_or(u64::MAX);
    let foot = counted(count, "column", "columns");
    let matrix = state.form.with_untracked(|form| form.matrix().is_some());
    let rows = inputs
        .into_iter()
        .enumerate()
        .map(|(index, input)| view! { <InputRow index=index input=input/> })
        .collect_view();
    view! {
        <section class="section publish-inputs">
            <div class="publish-section-head">
                <h3 class="section-title">{text::INPUTS}</h3>
                {matrix.then(|| view! { <PasteNames/> })}
            </div>
            <p class="muted publish-text">{text::INPUTS_TEXT}</p>
            <TableWrong pointer="/schema/inputs"/>
            <TableFrame label=text::INPUTS footer=foot>
                <thead>
                    <tr>
                        <th scope="col">{text::COLUMN}</th>
                        <th scope="col">{text::TYPE}</th>
                        <th scope="col">{text::MISSING}</th>
                        <th scope="col">{text::MIN}</th>
                        <th scope="col">{text::MAX}</th>
                        <th scope="col">{text::CATEGORIES}</th>
                        <th scope="col">{text::MEANING}</th>
                    </tr>
                </thead>
                <tbody class="cells">{rows}</tbody>
            </TableFrame>
        </section>
    }
}

#[component]
fn InputRow(index: usize, input: InputForm) -> impl IntoView {
    let state = use_publishing();
    let at = |field: &str| format!("/schema/inputs/{index}/{field}");
    let name = memo(move || {
        let form = state.form.read();
        let input = form.inputs.get(index);
        input.map(|input| input.name.clone()).unwrap_or_default()
    });
    let of = move |what| Signal::derive(move || format!("{what} of {}", name.read()));
    let set = move |put| state.setter(|form| &mut form.inputs, index, put);
    let choose = Callback::new(move |place: usize| {
        if let Some(chosen) = TYPES.get(place) {
            state.edit_at(
                |form| &mut form.inputs,
                index,
                |input| input.column_type = *chosen,
            );
        }
    });
    let nullable = move |event| {
        let on = event_target_checked(&event);
        state.edit_at(|form| &mut form.inputs, index, |input| input.nullable = on);
    };
    view! {
        <tr>
            <th scope="row">
                <TextCell
                    label=format!("{} {}", text::COLUMN, index + 1)
                    value=input.name.clone()
                    pointer=at("name")
                    mono=true
                    on_input=set(|input, text| input.name = text)
                />
            </th>
            <td>
                <ChoiceCell
                    label=of(text::TYPE)
                    words=type_words()
                    value=type_place(input.column_type)
                    pointer=at("type")
                    on_choose=choose
                />
            </td>
            <td>
                <input type="checkbox" aria-label=of(text::MISSING) prop:checked=input.nullable on:change=nullable/>
            </td>
            <td>
                <TextCell
                    label=of(text::MIN)
                    value=input.min.clone()
                    pointer=at("min")
                    short=true
                    on_input=set(|input, text| input.min = text)
                />
            </td>
            <td>
                <TextCell
                    label=of(text::MAX)
                    value=input.max.clone()
                    pointer=at("max")
                    short=true
                    on_input=set(|input, text| input.max = text)
                />
            </td>
            <td>
                <TextCell
                    label=of(text::CATEGORIES)
                    value=input.categories.clone()
                    pointer=at("categories")
                    placeholder=text::CATEGORIES_PLACE
                    on_input=set(|input, text| input.categories = text)
                />
            </td>
            <td>
                <TextCell
                    label=of(text::MEANING)
                    value=input.description
                    pointer=at("description")
                    on_input=set(|input, text| input.description = text)
                />
            </td>
        </tr>
    }
}
