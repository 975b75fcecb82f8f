//! What is done to many endpoints: those that are chosen, or all without own models.

use super::Book;
use crate::ui::choice::Show;
use crate::ui::focus::catch_focus;
use crate::ui::live::{memo, view};
use crate::ui::number::counted;
use crate::ui::{Button, ButtonKind};
use leptos::prelude::*;
use portico_api::update::{RunAct, Selection, StartRun};

/// The bar of acts.
#[component]
pub fn BulkBar(book: Book) -> impl IntoView {
    let chosen = memo(move || book.picked.read().len());
    let words = move || {
        let chosen = u64::try_from(chosen.get()).unwrap_or(u64::MAX);
        format!("{} chosen", counted(chosen, "endpoint", "endpoints"))
    };
    let names = move || {
        let mut names: Vec<_> = book.picked.read_untracked().iter().cloned().collect();
        names.sort_unstable();
        Selection::Named { names }
    };
    let update = |selection| StartRun {
        selection,
        act: RunAct::Update {
            version: None,
            overwrite: false,
        },
    };
    let roll_back = move |_| {
        // Which run is taken back is chosen in the dialog.
        let act = RunAct::Rollback { run: String::new() };
        book.planning.set(Some(StartRun {
            selection: names(),
            act,
        }));
    };
    view! {
        <div class="bulk" class:bulk-on=move || { chosen.get() > 0 }>
            <Show
                when=move || { chosen.get() > 0 }
                fallback=move || view! {
                    <p class="muted">"Choose endpoints to update them together, or:"</p>
                    <Button on_click=Callback::new(move |_| book.planning.set(Some(update(Selection::AllExceptCustomised))))>
                        "Update all except customised…"
                    </Button>
                }
            >
                <p class="bulk-count" role="status">{words}</p>
                <Button
                    kind=ButtonKind::Primary
                    on_click=Callback::new(move |_| book.planning.set(Some(update(names()))))
                >
                    "Update…"
                </Button>
                <Button on_click=Callback::new(roll_back)>"Roll back…"</Button>
                <Button
                    kind=ButtonKind::Quiet
                    on_click=Callback::new(move |_| {
                        book.picked.update(|picked| picked.clear());
                        catch_focus(".bulk button");
                    })
                >
                    "Choose none"
                </Button>
            </Show>
        </div>
    }
}
