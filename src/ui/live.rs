//! Reactive values and views whose code exists once for each type of value, not once for each place
//! that makes one: what the browser downloads would be a good deal larger otherwise.

use leptos::prelude::*;
use leptos::tachys::reactive_graph::SharedReactiveFunction;
use std::sync::{Arc, Mutex};

/// Leptos' own macro of this name, with the type of the view erased: what holds or changes a view is
/// then compiled once, not once for each kind of element that a view can begin with.
macro_rules! erased_view {
    ($($tokens:tt)*) => {
        $crate::ui::live::Erase::erase(::leptos::view! { $($tokens)* })
    };
}
pub(crate) use erased_view as view;

/// A view whose type can be erased.
pub trait Erase {
    /// The view without its type.
    fn erase(self) -> AnyView;
}

impl<T: IntoView> Erase for View<T> {
    fn erase(self) -> AnyView {
        self.into_inner().into_any()
    }
}

impl Erase for AnyView {
    fn erase(self) -> AnyView {
        self
    }
}

/// A value that is computed anew when what it read changes, and tells its readers only when it has
/// become another.
pub fn memo<T>(compute: impl Fn() -> T + Send + Sync + 'static) -> Memo<T>
where
    T: PartialEq + Send + Sync + 'static,
{
    boxed_memo(Box::new(compute))
}

#[inline(never)]
fn boxed_memo<T>(compute: Box<dyn Fn() -> T + Send + Sync>) -> Memo<T>
where
    T: PartialEq + Send + Sync + 'static,
{
    Memo::new(move |_| compute())
}

/// Runs `act` soon, and again when what it read changes, until the view is gone.
pub fn effect(act: impl FnMut() + 'static) {
    boxed_effect(Box::new(act));
}

#[inline(never)]
fn boxed_effect(mut act: Box<dyn FnMut()>) {
    Effect::new(move |_| act());
}

/// A view that is made anew when what `make` read changes.
pub fn live<V: IntoView>(mut make: impl FnMut() -> V + Send + 'static) -> AnyView {
    let make: SharedReactiveFunction<AnyView> = Arc::new(Mutex::new(move || make().into_any()));
    make.into_any()
}
