//! *Batch*: where the spreadsheet page appears.

use crate::client::endpoints::Place;
use crate::features::later::{Program, ProgramPage};
use crate::ui::live::view;
use leptos::prelude::*;

/// The place of an endpoint's spreadsheet.
#[component]
pub fn Batch(
    /// The endpoint.
    place: Place,
) -> impl IntoView {
    let Place { ws, svc, name } = place;
    // Ids and names have nothing in them that JSON would want escaped.
    let told = format!(r#"{{"ws":"{ws}","svc":"{svc}","name":"{name}"}}"#);
    view! { <ProgramPage program=Program::Sheet told=told/> }
}
