//! Which column of the table feeds which input of the model.

use super::columns_row::InputRow;
use super::parameters::Parameters;
use super::state::use_sheet;
use crate::ui::choice::For;
use crate::ui::live::view;
use crate::ui::{Button, ButtonKind, Dialog};
use leptos::prelude::*;

/// The dialog.
#[component]
pub fn Columns() -> impl IntoView {
    let sheet = use_sheet();
    let open = sheet.columns_open;
    let close = move || open.set(false);
    // Entries are made once; each follows its own input.
    let count = Memo::new(move |_| sheet.facts.read().inputs.len());
    view! {
        <Dialog
            open=open
            wide=true
            title=Signal::stored("Columns".to_owned())
            on_close=Callback::new(move |()| close())
        >
            <div class="dialog-body">
                <p class="muted">
                    "Each input of the model takes its values from one column of the table, or has the same value in every row. Other columns are kept as they are."
                </p>
                <div class="batch-inputs">
                    <For each=move || (0..count.get()).collect() key=|index: &usize| index.to_string() let:index>
                        <InputRow index=index/>
                    </For>
                </div>
                <Parameters/>
            </div>
            <footer class="dialog-foot">
                <Button kind=ButtonKind::Primary on_click=Callback::new(move |_| close())>"Done"</Button>
            </footer>
        </Dialog>
    }
}
