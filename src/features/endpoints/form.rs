//! What the Add Endpoint form holds, how it becomes a request, and where errors land. Plain
//! values: no view, no browser.

use super::limit::LimitDraft;
use crate::features::consume::shell::quoted;
use portico_api::endpoint::{CreateEndpoint, Logging};
use portico_api::id::{CustomerId, EndpointId};
use portico_api::name::{EndpointName, check_description};
use portico_api::problem::FieldError;
use portico_api::throttle::{Throttle, ThrottleLevel};

/// A field that can hold an error, in the order in which the form shows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FormField {
    /// The name.
    Name,
    /// The description.
    Description,
    /// The throttle.
    Throttle,
    /// The version.
    Version,
    /// The customer.
    Customer,
}

impl FormField {
    /// The id of the element that takes the focus when this field is wrong.
    pub fn element_id(self) -> &'static str {
        match self {
            Self::Name => "add-endpoint-name",
            Self::Description => "add-endpoint-description",
            Self::Throttle => "add-endpoint-calls",
            Self::Version => "add-endpoint-version",
            Self::Customer => "add-endpoint-customer",
        }
    }

    /// The field that a pointer of the server means.
    pub fn of_pointer(pointer: &str) -> Option<Self> {
        match pointer.split('/').nth(1)? {
            "name" => Some(Self::Name),
            "description" => Some(Self::Description),
            "throttle" => Some(Self::Throttle),
            "version" => Some(Self::Version),
            "customer_id" => Some(Self::Customer),
            _ => None,
        }
    }
}

/// A field's error in words.
pub type FormError = (FormField, String);

/// The form's fields as they stand.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// The name.
    pub name: String,
    /// What the endpoint is for.
    pub description: String,
    /// The throttle.
    pub limit: LimitDraft,
    /// The version; the newest if none was picked.
    pub version: Option<u32>,
    /// The customer that it is granted to.
    pub customer_id: Option<CustomerId>,
    /// Which calls are logged.
    pub logging: Logging,
    /// Whether callers may see the sample rows.
    pub sample_data_enabled: bool,
}

impl Draft {
    /// An empty form in a workspace with this cap.
    pub fn empty(cap: u32) -> Self {
        Self {
            name: String::new(),
            description: String::new(),
            limit: LimitDraft::of(Throttle::default_under(cap), cap),
            version: None,
            customer_id: None,
            logging: Logging::None,
            sample_data_enabled: true,
        }
    }

    /// A form filled in by a link. The second value says what of the link could not be used.
    pub fn from_link(cap: u32, link: &FormLink) -> (Self, Option<String>) {
        let mut draft = Self::empty(cap);
        draft.name = link.name.clone().unwrap_or_default();
        draft.description = link.description.clone().unwrap_or_default();
        let mut note = None;
        match link.throttle.as_deref() {
            None | Some("high") => {}
            Some("low") => draft.limit.level = ThrottleLevel::Low,
            Some(calls) if calls.parse::<u32>().is_ok() => draft.limit.calls = calls.to_owned(),
            Some(other) => {
                let other: String = other.chars().take(40).collect();
                note = Some(format!(
                    "The link’s throttle “{other}” is neither low, high nor a number; the default stands instead."
                ));
            }
        }
        (draft, note)
    }

    /// The form for another endpoint like this one: everything but the name.
    pub fn for_another(&self) -> Self {
        Self {
            name: String::new(),
            ..self.clone()
        }
    }

    /// Whether this stands for something else than `other`: what a leave guard asks about.
    pub fn differs(&self, other: &Self) -> bool {
        let same_limit = self.limit.means_same(&other.limit);
        let limit = if same_limit {
            &other.limit
        } else {
            &self.limit
        };
        let compared = Self {
            limit: limit.clone(),
            ..self.clone()
        };
        compared != *other
    }

    /// The request that the form stands for.
    ///
    /// # Errors
    /// Every field that breaks a rule, in the form's order.
    pub fn request(&self, id: &EndpointId, cap: u32) -> Result<CreateEndpoint, Vec<FormError>> {
        let mut errors = Vec::new();
        let name = EndpointName::parse(&self.name)
            .map_err(|problem| errors.push((FormField::Name, problem.to_string())));
        if let Err(problem) = check_description(&self.description) {
            errors.push((FormField::Description, problem.to_string()));
        }
        let throttle = self
            .limit
            .read(cap)
            .map_err(|problem| errors.push((FormField::Throttle, problem.to_string())));
        let (Ok(name), Ok(throttle), true) = (name, throttle, errors.is_empty()) else {
            return Err(errors);
        };
        Ok(CreateEndpoint {
            id: Some(id.clone()),
            name,
            description: self.description.clone(),
            throttle: Some(throttle),
            version: self.version,
            customer_id: self.customer_id.clone(),
            logging: self.logging,
            sample_data_enabled: self.sample_data_enabled,
            prevent_update: false,
            tags: Vec::new(),
        })
    }
}

/// What a link to the form says about its fields. Nothing else of a link is read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FormLink {
    /// `name`
    pub name: Option<String>,
    /// `description`
    pub description: Option<String>,
    /// `throttle`: `low`, `high` or a number.
    pub throttle: Option<String>,
}

/// Errors of the server by field, in the form's order; and those that belong to no field.
pub fn errors_by_field(errors: &[FieldError]) -> (Vec<FormError>, Vec<String>) {
    let mut known: Vec<FormError> = Vec::new();
    let mut other = Vec::new();
    for error in errors {
        match FormField::of_pointer(&error.pointer) {
            Some(field) => {
                // Few enough that each finds its place by itself; a sort would be a good deal of code.
                let place = known.iter().take_while(|(before, _)| *before <= field);
                known.insert(place.count(), (field, error.detail.clone()));
            }
            None => other.push(format!("{}: {}", error.pointer, error.detail)),
        }
    }
    (known, other)
}

/// The URL that the endpoint with this id will have.
pub fn endpoint_url(template: &str, id: &EndpointId) -> String {
    template.replace("{endpoint_id}", id.as_str())
}

/// The request as a curl command. The workspace's token comes from the environment: no secret
/// stands in it.
pub fn as_curl(url: &str, request: &CreateEndpoint) -> String {
    let body = serde_json::to_string_pretty(request).unwrap_or_default();
    let key = request
        .id
        .as_ref()
        .map(EndpointId::as_str)
        .unwrap_or_default();
    format!(
        "curl --fail-with-body {url} \\\n  \
         --header \"Authorization: Bearer $PORTICO_TOKEN\" \\\n  \
         --header 'Content-Type: application/json' \\\n  \
         --header 'Idempotency-Key: {key}' \\\n  \
         --data {body}\n",
        url = quoted(url),
        body = quoted(&body),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id() -> EndpointId {
        EndpointId::from_bytes([7; 16])
    }

    #[test]
    fn a_filled_in_form_becomes_a_request() {
        let mut draft = Draft::empty(200);
        draft.name = "acme".to_owned();
        draft.limit.level = ThrottleLevel::Low;
        let request = draft.request(&id(), 200).ok();
        assert_eq!(
            request.as_ref().and_then(|r| r.throttle),
            Some(Throttle::LOW)
        );
        assert_eq!(request.and_then(|r| r.id), Some(id()));
    }

    #[test]
    fn every_wrong_field_is_named_in_order() {
        let mut draft = Draft::empty(10);
        draft.name = "Acme".to_owned();
        draft.description = "x".repeat(2001);
        draft.limit.calls = "11".to_owned();
        let errors = draft.request(&id(), 10).err().unwrap_or_default();
        let fields: Vec<FormField> = errors.iter().map(|(field, _)| *field).collect();
        assert_eq!(
            fields,
            [FormField::Name, FormField::Description, FormField::Throttle]
        );
        assert!(
            errors[2].1.contains("caps endpoints at 10"),
            "{:?}",
            errors[2]
        );
    }

    #[test]
    fn a_link_fills_the_form_and_bad_values_fall_back() {
        let link = |throttle: &str| FormLink {
            name: Some("acme".to_owned()),
            description: None,
            throttle: Some(throttle.to_owned()),
        };
        let (draft, note) = Draft::from_link(50, &link("low"));
        assert_eq!(
            (draft.name.as_str(), draft.limit.level),
            ("acme", ThrottleLevel::Low)
        );
        assert_eq!(note, None);
        assert_eq!(Draft::from_link(50, &link("7")).0.limit.calls, "7");
        let (draft, note) = Draft::from_link(50, &link("fast"));
        assert_eq!(draft.limit, Draft::empty(50).limit);
        assert!(note.is_some_and(|note| note.contains("fast")));
    }

    #[test]
    fn another_one_keeps_all_but_the_name() {
        let mut draft = Draft::empty(50);
        draft.name = "acme".to_owned();
        draft.description = "For Acme".to_owned();
        let another = draft.for_another();
        assert_eq!(another.name, "");
        assert_eq!(another.description, "For Acme");
    }

    #[test]
    fn going_to_high_and_back_is_no_change() {
        let mut opened = Draft::empty(50);
        opened.limit.level = ThrottleLevel::Low;
        let mut draft = opened.clone();
        draft.limit.calls = "9".to_owned();
        assert!(!draft.differs(&opened));
        draft.name = "a".to_owned();
        assert!(draft.differs(&opened));
    }

    #[test]
    fn server_errors_land_on_their_fields() {
        let error = |pointer: &str| FieldError {
            pointer: pointer.to_owned(),
            code: "c".to_owned(),
            detail: "d".to_owned(),
        };
        let (known, other) = errors_by_field(&[
            error("/throttle/max_concurrent_calls"),
            error("/name"),
            error("/tags/0"),
        ]);
        assert_eq!(
            known.iter().map(|(field, _)| *field).collect::<Vec<_>>(),
            [FormField::Name, FormField::Throttle]
        );
        assert_eq!(other, ["/tags/0: d"]);
    }

    #[test]
    fn the_curl_command_holds_no_secret_and_survives_quotes() {
        let mut draft = Draft::empty(200);
        draft.name = "acme".to_owned();
        draft.description = "Acme's own".to_owned();
        let request = draft.request(&id(), 200);
        let text = request
            .map(|r| as_curl("http://h/api", &r))
            .unwrap_or_default();
        assert!(
            text.contains(r#""Authorization: Bearer $PORTICO_TOKEN""#),
            "{text}"
        );
        assert!(text.contains(r"Acme'\''s own"), "{text}");
        assert!(text.contains(id().as_str()), "{text}");
    }

    #[test]
    fn the_url_is_the_template_with_the_id() {
        assert_eq!(
            endpoint_url(
                "http://h/services/{endpoint_id}/execute?api-version=2.0",
                &id()
            ),
            "http://h/services/07070707070707070707070707070707/execute?api-version=2.0"
        );
    }
}
