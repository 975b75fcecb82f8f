//! Long lists that come in pages: what is loaded, what is on its way, what failed.

use super::button::Button;
use super::choice::Show;
use super::error::ErrorPanel;
use super::live::{live, memo, view};
use super::skeleton::TableSkeleton;
use crate::client::{Answer, ClientError};
use leptos::prelude::*;
use leptos::task::spawn_local;
use portico_api::page::{PAGE_SIZE_MAX, Page, PageQuery};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

type Pages<T> =
    Arc<dyn Fn(PageQuery) -> Pin<Box<dyn Future<Output = Answer<Page<T>>>>> + Send + Sync>;

/// How far a list is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Progress {
    Loading,
    /// There are more pages behind this token.
    More(String),
    Complete,
    Failed(ClientError),
}

/// A list that is loaded page by page. It starts with the first page.
pub struct Listing<T: Send + Sync + 'static> {
    items: RwSignal<Vec<T>>,
    progress: RwSignal<Progress>,
    /// Whether anything was loaded yet: an empty list is not one that is on its way.
    begun: RwSignal<bool>,
    pages: StoredValue<Pages<T>>,
    /// Answers to an older run than this one are dropped.
    run: StoredValue<u32>,
}

impl<T: Send + Sync + 'static> Clone for Listing<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync + 'static> Copy for Listing<T> {}

impl<T: Send + Sync + 'static> Listing<T> {
    /// Starts to load.
    pub fn new<F>(fetch: impl Fn(PageQuery) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Answer<Page<T>>> + 'static,
    {
        let pages: Pages<T> = Arc::new(move |query| Box::pin(fetch(query)));
        let listing = Self {
            items: RwSignal::new(Vec::new()),
            progress: RwSignal::new(Progress::Loading),
            begun: RwSignal::new(false),
            pages: StoredValue::new(pages),
            run: StoredValue::new(0),
        };
        listing.reload();
        listing
    }

    /// What is loaded so far.
    pub fn items(self) -> RwSignal<Vec<T>> {
        self.items
    }

    /// Whether there is nothing more to load, tracked.
    pub fn is_complete(self) -> bool {
        self.progress
            .with(|progress| *progress == Progress::Complete)
    }

    /// Whether there is more to load, and nothing on its way, tracked.
    pub fn has_more(self) -> bool {
        matches!(*self.progress.read(), Progress::More(_))
    }

    /// Loads anew as many items as there were; the old ones stay until the new ones are there. Nothing
    /// happens once the page is gone: what was done on it may be answered late.
    pub fn reload(self) {
        let Some(loaded) = self.items.try_with_untracked(Vec::len) else {
            return;
        };
        self.load(None, loaded.max(1));
    }

    /// Loads the next page, if there is one.
    pub fn more(self) {
        self.load_until(1);
    }

    /// Loads all the pages that are left.
    pub fn rest(self) {
        self.load_until(usize::MAX);
    }

    fn load_until(self, further: usize) {
        let Some(Progress::More(token)) = self.progress.try_get_untracked() else {
            return;
        };
        self.load(Some(token), further);
    }

    /// Loads at least `wanted` items, if there are as many. From a token on they are added to what
    /// is there, else they replace it.
    fn load(self, mut token: Option<String>, wanted: usize) {
        let adds = token.is_some();
        let run = self
            .run
            .try_update_value(|run| {
                *run += 1;
                *run
            })
            .unwrap_or_default();
        self.progress.set(Progress::Loading);
        let Some(pages) = self.pages.try_get_value() else {
            return;
        };
        spawn_local(async move {
            let mut loaded = Vec::new();
            let progress = loop {
                let query = PageQuery {
                    page_size: Some(PAGE_SIZE_MAX),
                    page_token: token.take(),
                };
                let answer = pages(query).await;
                if self.run.try_get_value() != Some(run) {
                    return;
                }
                match answer {
                    Err(error) => break Progress::Failed(error),
                    Ok(page) => {
                        loaded.extend(page.items);
                        match page.next_page_token {
                            None => break Progress::Complete,
                            Some(next) if loaded.len() >= wanted => break Progress::More(next),
                            Some(next) => token = Some(next),
                        }
                    }
                }
            };
            let failed = matches!(progress, Progress::Failed(_));
            self.items.try_update(|items| {
                if adds {
                    items.append(&mut loaded);
                } else if !failed {
                    *items = loaded;
                }
            });
            self.begun.try_set(true);
            self.progress.try_set(progress);
        });
    }
}

/// Shows a list: skeleton, error, what stands there when it is empty, or the list with *Show more*.
#[component]
pub fn ListingView<T: Send + Sync + 'static>(
    /// The list.
    listing: Listing<T>,
    /// Whether *Show more* stands below it; without it the list offers that itself.
    #[prop(default = true)]
    pager: bool,
    /// What stands where the list will be.
    #[prop(into)]
    empty: ViewFn,
    /// The list itself, made once.
    children: ChildrenFn,
) -> impl IntoView {
    let children = StoredValue::new(children);
    let empty = StoredValue::new(empty);
    let nothing = memo(move || listing.items.with(Vec::is_empty));
    let error = move || match listing.progress.get() {
        Progress::Failed(error) => {
            let retry = Callback::new(move |()| listing.reload());
            Some(view! { <ErrorPanel error=error retry=retry/> })
        }
        _ => None,
    };
    let more = memo(move || pager && listing.has_more());
    view! {
        {live(error)}
        {move || match (listing.begun.get(), nothing.get()) {
            (false, _) => view! { <TableSkeleton/> }.into_any(),
            (true, true) if listing.is_complete() => empty.get_value().run(),
            (true, true) => ().into_any(),
            (true, false) => children.get_value()().into_any(),
        }}
        <Show when=move || more.get()>
            <div class="show-more">
                <Button on_click=Callback::new(move |_| listing.more())>"Show more"</Button>
            </div>
        </Show>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_whose_page_is_gone_is_not_loaded_anew() {
        let page = Owner::new();
        let listing = page.with(|| {
            let pages: Pages<u32> = Arc::new(|_| Box::pin(std::future::pending()));
            Listing {
                items: RwSignal::new(vec![7]),
                progress: RwSignal::new(Progress::More("next".to_owned())),
                begun: RwSignal::new(true),
                pages: StoredValue::new(pages),
                run: StoredValue::new(0),
            }
        });
        drop(page);
        assert!(listing.items().is_disposed());
        listing.reload();
        listing.more();
    }
}
