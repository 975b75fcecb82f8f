//! The fields of the Add Endpoint form.

use super::add_state::AddForm;
use super::form::{FormField, endpoint_url};
use super::limit_selector::LimitSelector;
use super::naming::NameStatus;
use super::settings_form::LoggingChoice;
use crate::client;
use crate::ui::live::{live, memo, view};
use crate::ui::resource::Resource;
use crate::ui::{CopyButton, CopySource, Field, FieldIds, Switch};
use leptos::prelude::*;
use portico_api::id::CustomerId;
use portico_api::name::Availability;
use portico_api::page::{PAGE_SIZE_MAX, PageQuery};
use portico_api::service::Service;
use portico_api::workspace::Workspace;

/// All fields, in order.
#[component]
pub fn AddFields(form: AddForm, service: Service, workspace: Workspace) -> impl IntoView {
    let template = service.endpoint_url_template.clone();
    let url = Signal::derive(move || endpoint_url(&template, &form.id.read()));
    let cap = workspace.max_concurrent_calls_cap;
    view! {
        <NameField form=form/>
        <DescriptionField form=form/>
        <LimitSelector
            value=Signal::derive(move || form.draft.read().limit.clone())
            on_change=Callback::new(move |limit| {
                form.change(FormField::Throttle, |draft| draft.limit = limit);
            })
            cap=cap
            latency_ms=service.latency_ms
            error=Signal::derive(move || form.error(FormField::Throttle))
            input_id=FormField::Throttle.element_id()
        />
        <div class="url-preview">
            <p class="field-label">"URL it will have"</p>
            <div class="url-line">
                <code>{move || url.get()}</code>
                <CopyButton source=CopySource::signal(url) label="Copy URL" bare=true/>
            </div>
        </div>
        <More form=form service=service workspace=workspace/>
    }
}

fn ids(field: FormField) -> FieldIds {
    let input = field.element_id().to_owned();
    FieldIds {
        hint: format!("{input}-hint"),
        error: format!("{input}-error"),
        input,
    }
}

#[component]
fn NameField(form: AddForm) -> impl IntoView {
    let ids = ids(FormField::Name);
    let (id, described) = (ids.input.clone(), ids.described_by());
    let error = Signal::derive(move || form.error(FormField::Name));
    let status = memo(move || form.watch.read().status());
    view! {
        <Field
            ids=ids
            label="Name"
            hint="1 to 24 lower-case letters and digits, unique in this service. It can’t be changed later."
            error=error
        >
            <div class="name-line">
                <input
                    class="input mono"
                    id=id
                    type="text"
                    autocomplete="off"
                    autocapitalize="none"
                    spellcheck="false"
                    autofocus=true
                    required=true
                    aria-describedby=described
                    aria-invalid=move || (!error.read().is_empty()).then_some("true")
                    prop:value=move || form.draft.read().name.clone()
                    on:input=move |event| form.name_typed(event_target_value(&event))
                    on:blur=move |_| form.name_left()
                />
                <span
                    class="name-status"
                    class:name-free=move || status.get() == NameStatus::Known(Availability::Free)
                    role="status"
                >
                    {move || status.get().note()}
                </span>
            </div>
        </Field>
    }
}

#[component]
fn DescriptionField(form: AddForm) -> impl IntoView {
    let ids = ids(FormField::Description);
    let (id, described) = (ids.input.clone(), ids.described_by());
    let error = Signal::derive(move || form.error(FormField::Description));
    view! {
        <Field ids=ids label="Description" hint="Who it is for; at most 2,000 characters." error=error optional=true>
            <textarea
                class="input"
                id=id
                rows="2"
                aria-describedby=described
                aria-invalid=move || (!error.read().is_empty()).then_some("true")
                prop:value=move || form.draft.read().description.clone()
                on:input=move |event| {
                    let text = event_target_value(&event);
                    form.change(FormField::Description, |draft| draft.description = text);
                }
            ></textarea>
        </Field>
    }
}

/// What most endpoints leave as it is.
#[component]
fn More(form: AddForm, service: Service, workspace: Workspace) -> impl IntoView {
    let details = Signal::derive(move || {
        let errors = form.errors.read();
        errors.iter().any(|(field, _)| *field >= FormField::Version)
    });
    view! {
        <details class="more" prop:open=details>
            <summary>"More"</summary>
            <div class="more-fields">
                <VersionField form=form service=service/>
                <CustomerField form=form workspace=workspace/>
                <LoggingChoice
                    value=Signal::derive(move || form.draft.read().logging)
                    on_change=Callback::new(move |level| form.draft.update(|draft| draft.logging = level))
                />
                <Switch
                    label="Sample data"
                    hint="Callers may see the sample rows that came with the version."
                    checked=Signal::derive(move || form.draft.read().sample_data_enabled)
                    on_change=Callback::new(move |on| {
                        form.draft.update(|draft| draft.sample_data_enabled = on);
                    })
                />
            </div>
        </details>
    }
}

fn all() -> PageQuery {
    PageQuery {
        page_size: Some(PAGE_SIZE_MAX),
        page_token: None,
    }
}

#[component]
fn VersionField(form: AddForm, service: Service) -> impl IntoView {
    let newest = service.newest_version;
    let versions = Resource::new(move || {
        let (ws, svc) = (service.workspace_id.clone(), service.id.clone());
        async move { client::versions::list(&ws, &svc, &all()).await }
    });
    let ids = ids(FormField::Version);
    let (id, described) = (ids.input.clone(), ids.described_by());
    let hint = Signal::derive(move || {
        versions.with(|versions| match versions {
            Some(Err(error)) => format!("Older versions could not be listed: {}", error.in_words()),
            _ => "The pipeline that it serves. It keeps it until it is updated.".to_owned(),
        })
    });
    let older = move || {
        versions.with(|versions| match versions {
            Some(Ok(page)) => page
                .items
                .iter()
                .map(|version| version.number)
                .filter(|n| *n != newest)
                .collect(),
            _ => Vec::new(),
        })
    };
    view! {
        <Field ids=ids label="Version" hint=hint error=Signal::derive(move || form.error(FormField::Version))>
            <select
                class="input"
                id=id
                aria-describedby=described
                on:change=move |event| {
                    let number = event_target_value(&event).parse().ok();
                    form.change(FormField::Version, |draft| draft.version = number);
                }
            >
                <option value="" selected=move || form.draft.read().version.is_none()>
                    {format!("Newest ({newest})")}
                </option>
                {move || {
                    older()
                        .into_iter()
                        .map(|number: u32| {
                            view! {
                                <option
                                    value=number.to_string()
                                    selected=move || form.draft.read().version == Some(number)
                                >
                                    {number}
                                </option>
                            }
                        })
                        .collect_view()
                }}
            </select>
        </Field>
    }
}

#[component]
fn CustomerField(form: AddForm, workspace: Workspace) -> impl IntoView {
    let customers = Resource::new(move || {
        let ws = workspace.id.clone();
        async move { client::customers::list(&ws, &all()).await }
    });
    let list = move || {
        customers.with(|customers| match customers {
            Some(Ok(page)) => page.items.clone(),
            _ => Vec::new(),
        })
    };
    live(move || {
        let list = list();
        if list.is_empty() {
            return None;
        }
        let ids = ids(FormField::Customer);
        let (id, described) = (ids.input.clone(), ids.described_by());
        let options = list
            .into_iter()
            .map(|customer| {
                let this = customer.id.clone();
                view! {
                    <option
                        value=customer.id.to_string()
                        selected=move || form.draft.read().customer_id.as_ref() == Some(&this)
                    >
                        {customer.name}
                    </option>
                }
            })
            .collect_view();
        Some(view! {
            <Field
                ids=ids
                label="Customer"
                hint="Its people see this endpoint, its keys and its usage."
                error=Signal::derive(move || form.error(FormField::Customer))
            >
                <select
                    class="input"
                    id=id
                    aria-describedby=described
                    on:change=move |event| {
                        let customer = CustomerId::parse(&event_target_value(&event)).ok();
                        form.change(FormField::Customer, |draft| draft.customer_id = customer);
                    }
                >
                    <option value="" selected=move || form.draft.read().customer_id.is_none()>"None"</option>
                    {options}
                </select>
            </Field>
        })
    })
}
