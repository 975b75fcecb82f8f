//! A value that is fetched: absent at first, fetched anew when what the fetch read changes.

use leptos::prelude::*;
use std::future::Future;
use std::pin::Pin;

type Work = Pin<Box<dyn Future<Output = ()>>>;

/// A fetched value. The old one stays while a new one is on its way.
pub struct Resource<T: Send + Sync + 'static> {
    value: RwSignal<Option<T>>,
    /// Only tells when to fetch; its code exists once, whatever is fetched.
    work: LocalResource<()>,
}

impl<T: Send + Sync + 'static> Clone for Resource<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync + 'static> Copy for Resource<T> {}

impl<T: Send + Sync + 'static> Resource<T> {
    /// Starts to fetch. What `fetch` reads before its future is made is tracked.
    pub fn new<F>(fetch: impl Fn() -> F + 'static) -> Self
    where
        F: Future<Output = T> + 'static,
    {
        let value = RwSignal::new(None);
        let work = start(Box::new(move || {
            let fetched = fetch();
            Box::pin(async move {
                let fetched = fetched.await;
                value.try_set(Some(fetched));
            })
        }));
        Self { value, work }
    }

    /// The value, tracked; absent while the first one is on its way.
    pub fn get(self) -> Option<T>
    where
        T: Clone,
    {
        self.value.get()
    }

    /// Looks at the value, tracked; absent while the first one is on its way.
    pub fn with<U>(self, look: impl FnOnce(Option<&T>) -> U) -> U {
        self.value.with(|value| look(value.as_ref()))
    }

    /// Fetches anew.
    pub fn refetch(self) {
        self.work.refetch();
    }
}

#[inline(never)]
fn start(work: Box<dyn Fn() -> Work>) -> LocalResource<()> {
    LocalResource::new(work)
}
