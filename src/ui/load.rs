//! Shows what a resource holds: skeleton, value or error. The old value stays while it reloads.

use super::error::ErrorPanel;
use super::live::{live, view};
use super::resource::Resource;
use crate::client::Answer;
use leptos::prelude::*;

/// Shows a resource.
#[component]
pub fn Loaded<T, V, F>(
    /// What is loaded.
    resource: Resource<Answer<T>>,
    /// What stands in meanwhile, at the final size.
    #[prop(into)]
    waiting: ViewFn,
    /// How the value is shown.
    children: F,
) -> impl IntoView
where
    T: Clone + Send + Sync + 'static,
    V: IntoView + 'static,
    F: Fn(T) -> V + Send + 'static,
{
    live(move || match resource.get() {
        None => waiting.run(),
        Some(Ok(value)) => children(value).into_any(),
        Some(Err(error)) => {
            let retry = Callback::new(move |()| resource.refetch());
            view! { <ErrorPanel error=error retry=retry/> }.into_any()
        }
    })
}
