//! What is shown only sometimes, and what is shown once for each item of a list. They do what
//! Leptos' own components of these names do, with code that exists once and not for each use.

use super::live::{live, memo, view};
use leptos::prelude::*;
use std::sync::Arc;

/// Shows its children while a condition holds. They are made anew each time it begins to.
#[component]
pub fn Show<W>(
    /// The condition, tracked.
    when: W,
    /// What is shown while it does not hold.
    #[prop(optional, into)]
    fallback: ViewFn,
    /// What is shown while it does.
    children: ChildrenFn,
) -> impl IntoView
where
    W: Fn() -> bool + Send + Sync + 'static,
{
    either(memo(when), children, fallback)
}

#[inline(never)]
fn either(holds: Memo<bool>, children: ChildrenFn, fallback: ViewFn) -> AnyView {
    live(move || {
        if holds.get() {
            // Of another type than the fallback, so that neither is ever patched into the other.
            Some(children()).into_any()
        } else {
            fallback.run()
        }
    })
}

type Make = Box<dyn FnOnce() -> AnyView + Send>;

/// Shows a view for each item of a list. An item whose key was there before keeps its view.
#[component]
pub fn For<E, T, K, C, V>(
    /// The items in order, tracked.
    each: E,
    /// What tells an item from all others.
    key: K,
    /// The view of an item.
    children: C,
) -> impl IntoView
where
    E: Fn() -> Vec<T> + Send + 'static,
    T: Send + 'static,
    K: Fn(&T) -> String + Send + 'static,
    C: Fn(T) -> V + Send + Sync + 'static,
    V: IntoView + 'static,
{
    let children = Arc::new(children);
    rows(Box::new(move || {
        each()
            .into_iter()
            .map(|item| {
                let children = Arc::clone(&children);
                let name = key(&item);
                let make: Make = Box::new(move || children(item).into_any());
                (name, make)
            })
            .collect()
    }))
}

#[inline(never)]
fn rows(each: Box<dyn Fn() -> Vec<(String, Make)> + Send>) -> AnyView {
    view! { <leptos::prelude::For each=each key=|(name, _)| name.clone() children=|(_, make)| make()/> }
}
