//! The state behind the Add Endpoint form: its fields as signals, when it asks the server, and what
//! becomes of the answers. The rules stand in `form` and `naming`.

use super::form::{Draft, FormError, FormField, FormLink, errors_by_field};
use super::mint;
use super::naming::NameWatch;
use crate::client::endpoints::Place;
use crate::client::{self, ClientError};
use crate::ui::focus::focus_first;
use crate::ui::timer::Delay;
use leptos::prelude::*;
use leptos::task::spawn_local;
use portico_api::endpoint::{CreateEndpoint, CreatedEndpoint};
use portico_api::id::{EndpointId, ServiceId, WorkspaceId};
use portico_api::name::{Availability, EndpointName};
use portico_api::problem::Code;
use std::time::Duration;

/// How long the keyboard must rest before the name is checked.
const REST: Duration = Duration::from_millis(300);

/// The form. It belongs to the dialog that outlives each opening.
#[derive(Clone, Copy)]
pub struct AddForm {
    /// The id of the endpoint-to-be.
    pub id: RwSignal<EndpointId>,
    /// The fields.
    pub draft: RwSignal<Draft>,
    /// The fields as they stood when the form opened.
    opened: RwSignal<Draft>,
    /// What is known of the name.
    pub watch: RwSignal<NameWatch>,
    /// What is wrong, by field, since the last try to send.
    pub errors: RwSignal<Vec<FormError>>,
    /// Why the last try failed, where no field is to blame.
    pub failure: RwSignal<Option<ClientError>>,
    /// What of the link that opened the form could not be used.
    pub note: RwSignal<Option<String>>,
    /// Whether the request is under way.
    pub sending: RwSignal<bool>,
    /// What came of it; gone when the result's dialog closes.
    pub created: RwSignal<Option<CreatedEndpoint>>,
    place: StoredValue<(WorkspaceId, ServiceId)>,
    cap: u32,
    delay: Delay,
}

impl AddForm {
    /// An empty form for a service in a workspace with this cap.
    pub fn new(ws: WorkspaceId, svc: ServiceId, cap: u32) -> Self {
        let draft = Draft::empty(cap);
        Self {
            id: RwSignal::new(mint::endpoint_id()),
            draft: RwSignal::new(draft.clone()),
            opened: RwSignal::new(draft),
            watch: RwSignal::new(NameWatch::UNTOUCHED),
            errors: RwSignal::new(Vec::new()),
            failure: RwSignal::new(None),
            note: RwSignal::new(None),
            sending: RwSignal::new(false),
            created: RwSignal::new(None),
            place: StoredValue::new((ws, svc)),
            cap,
            delay: Delay::new(),
        }
    }

    /// Starts anew, filled in as the link says.
    pub fn open(self, link: &FormLink) {
        let (draft, note) = Draft::from_link(self.cap, link);
        self.start(draft);
        self.note.set(note);
    }

    /// Starts anew for another endpoint like the last one.
    pub fn again(self) {
        let draft = self.draft.read_untracked().for_another();
        self.start(draft);
        focus_first(format!("#{}", FormField::Name.element_id()));
    }

    fn start(self, draft: Draft) {
        self.delay.stop();
        let name = draft.name.clone();
        self.id.set(mint::endpoint_id());
        self.opened.set(draft.clone());
        self.draft.set(draft);
        self.watch.set(NameWatch::UNTOUCHED);
        self.errors.set(Vec::new());
        self.failure.set(None);
        self.note.set(None);
        self.sending.set(false);
        self.created.set(None);
        if !name.is_empty() {
            self.name_typed(name);
        }
    }

    /// Whether something would be lost by closing, tracked.
    pub fn dirty(self) -> bool {
        self.draft.read().differs(&self.opened.read())
    }

    /// The error under a field, tracked; empty if there is none.
    pub fn error(self, field: FormField) -> String {
        let sent = self
            .errors
            .read()
            .iter()
            .find(|(f, _)| *f == field)
            .map(|(_, e)| e.clone());
        let typed = (field == FormField::Name)
            .then(|| self.watch.read().status().error())
            .flatten();
        typed.or(sent).unwrap_or_default()
    }

    /// Changes a field; what was wrong with it is no longer known.
    pub fn change(self, field: FormField, act: impl FnOnce(&mut Draft)) {
        self.draft.update(act);
        if self
            .errors
            .read_untracked()
            .iter()
            .any(|(f, _)| *f == field)
        {
            self.errors
                .update(|errors| errors.retain(|(f, _)| *f != field));
        }
    }

    /// The name changed under the keyboard.
    pub fn name_typed(self, text: String) {
        self.change(FormField::Name, |draft| draft.name.clone_from(&text));
        let mut number = 0;
        self.watch.update(|watch| number = watch.typed(&text));
        self.delay.set(REST, move || self.settle(number, &text));
    }

    /// The name field was left: nothing more will come, so its rule is checked at once.
    pub fn name_left(self) {
        let text = self.draft.read_untracked().name.clone();
        if !text.is_empty() {
            self.watch.update(|watch| watch.submitted(&text));
        }
    }

    fn settle(self, number: u32, text: &str) {
        let mut ask = false;
        self.watch
            .try_update(|watch| ask = watch.settled(number, text));
        let Some((name, (ws, svc))) = ask
            .then(|| {
                EndpointName::parse(text)
                    .ok()
                    .zip(self.place.try_get_value())
            })
            .flatten()
        else {
            return;
        };
        spawn_local(async move {
            let answer = client::endpoints::availability(&Place { ws, svc, name }).await;
            self.watch.try_update(|watch| {
                watch.answered(number, answer.ok().map(|answer| answer.availability));
            });
        });
    }

    /// The request that the form stands for now, tracked; none while a field is wrong.
    pub fn request(self) -> Option<CreateEndpoint> {
        self.draft.read().request(&self.id.read(), self.cap).ok()
    }

    /// Sends the form. The id is minted by the form, so that sending twice makes one endpoint.
    pub fn submit(self, on_created: Callback<CreatedEndpoint>) {
        if self.sending.get_untracked() {
            return;
        }
        self.failure.set(None);
        let draft = self.draft.get_untracked();
        self.watch.update(|watch| watch.submitted(&draft.name));
        let body = draft.request(&self.id.read_untracked(), self.cap);
        let known = self.watch.read_untracked().status().error();
        let body = match (body, known) {
            (Ok(body), None) => body,
            (Ok(_), Some(taken)) => return self.refuse(vec![(FormField::Name, taken)]),
            (Err(errors), _) => return self.refuse(errors),
        };
        self.errors.set(Vec::new());
        self.sending.set(true);
        let (ws, svc) = self.place.get_value();
        spawn_local(async move {
            let answer = client::endpoints::create(&ws, &svc, &body).await;
            self.sending.try_set(false);
            match answer {
                Ok(created) => {
                    self.opened.try_set(draft);
                    on_created.try_run(created);
                }
                Err(error) => self.failed(error),
            }
        });
    }

    fn failed(self, error: ClientError) {
        let errors = match &error {
            ClientError::Problem(problem) => problem.errors.as_slice(),
            _ => &[],
        };
        let (fields, _) = errors_by_field(errors);
        if error.is(Code::NameTaken) {
            self.watch
                .try_update(|watch| watch.refused(Availability::Taken));
            self.refuse(vec![(FormField::Name, error.in_words())]);
        } else if fields.is_empty() {
            self.failure.try_set(Some(error));
        } else {
            self.refuse(fields);
        }
    }

    /// Shows what is wrong and moves the focus to the first of it.
    fn refuse(self, errors: Vec<FormError>) {
        if let Some((field, _)) = errors.first() {
            focus_first(format!("#{}", field.element_id()));
        }
        self.errors.try_set(errors);
    }
}
