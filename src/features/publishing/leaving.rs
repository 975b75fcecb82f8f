//! A draft is left: it is thrown away, or the page goes and takes with it what is not saved.

use super::model::{Form, Problems};
use super::state::{Publishing, Saving};
use crate::client::{self, Versioned};
use leptos::prelude::*;
use leptos::task::spawn_local;
use portico_api::draft::{Draft, DraftState};
use portico_api::id::WorkspaceId;
use portico_api::problem::Code;

impl Publishing {
    /// Begins anew, whatever becomes of the draft.
    pub fn forget(self) {
        self.saver.stop();
        self.draft.set(None);
        self.scored.set(None);
        self.failure.set(None);
        self.refused.set(Problems::new());
        self.accepts.set(false);
        self.saving.set(Saving::Saved);
        self.outside.note(&self.href(None));
    }

    /// Throws the draft away and begins anew. It stays where it is if that fails.
    pub fn discard(self) {
        let Some(draft) = self.draft.get_untracked() else {
            return;
        };
        if self.discarding.get_untracked() {
            return;
        }
        self.discarding.set(true);
        self.failure.set(None);
        self.saver.stop();
        let ws = self.ws();
        spawn_local(async move {
            let id = draft.value.id;
            let mut gone = client::drafts::delete(&ws, &id, &draft.etag).await;
            // Vetting goes on meanwhile and changes it; it is thrown away all the same.
            if gone
                .as_ref()
                .is_err_and(|error| error.is(Code::PreconditionFailed))
                && let Ok(now) = client::drafts::get(&ws, &id).await
            {
                gone = client::drafts::delete(&ws, &id, &now.etag).await;
            }
            if self.discarding.try_set(false).is_some() {
                return;
            }
            match gone {
                Err(error) if !error.is(Code::NotFound) => self.failure.set(Some(error)),
                _ => self.forget(),
            }
        });
    }

    /// Whether something is typed that leaving the page would lose: it can't be saved on the way. Tracked.
    pub fn would_lose(self) -> bool {
        match &*self.saving.read() {
            Saving::Saved => false,
            Saving::Soon => !self.problems.read().is_empty(),
            Saving::Failed(_) => true,
        }
    }

    /// What was typed last is not lost when the page goes.
    pub(super) fn save_on_leaving(self) {
        let (Some(form), Some(saved), Some(Some(draft))) = (
            self.form.try_get_untracked(),
            self.saved.try_get_value(),
            self.draft.try_get_untracked(),
        ) else {
            return;
        };
        if draft.value.state == DraftState::Ready && form.problems().is_empty() {
            let sending = self.sending.try_get_value().flatten();
            spawn_local(save_last(self.ws(), draft, form, saved, sending));
        }
    }
}

/// Saves a form when its page is gone: nobody is there any more who could be told that it failed. What
/// the page had on its way may have changed the draft meanwhile; what somebody else typed there stays.
async fn save_last(
    ws: WorkspaceId,
    mut draft: Versioned<Draft>,
    form: Form,
    mut saved: Form,
    sending: Option<Form>,
) {
    while let Some(update) = form.update(&saved) {
        let id = &draft.value.id;
        match client::drafts::update(&ws, id, &update, &draft.etag).await {
            Err(error) if error.is(Code::PreconditionFailed) => {}
            _ => return,
        }
        let Ok(now) = client::drafts::get(&ws, id).await else {
            return;
        };
        let told = Form::of(&now.value);
        let ours = saved.says_like(&told)
            || sending
                .as_ref()
                .is_some_and(|sending| sending.says_like(&told));
        if !ours || !draft.is_older_than(&now) {
            return;
        }
        (saved, draft) = (told, now);
    }
}
