//! Bodies as this wire's clients write them: JSON in whatever charset they say (all of it is ASCII or
//! UTF-8), texts for truth values and numbers, names of fields in any case, fields that nobody asked for.

use super::error;
use crate::classic::error::ClassicError;
use crate::error::Error;
use crate::http::extract::{JSON_BYTES, read_body};
use axum::extract::Request;
use portico_api::endpoint::Logging;
use portico_api::throttle::{Throttle, ThrottleLevel};
use serde_json::{Map, Value};

/// The fields of a body.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Fields(Map<String, Value>);

/// Reads the body of a request; the error is the server's, for the caller to put into this wire's form.
pub(super) async fn bytes(request: Request) -> Result<bytes::Bytes, Error> {
    read_body(request, JSON_BYTES).await
}

impl Fields {
    /// The fields of an object within a body.
    pub(super) fn of(object: Map<String, Value>) -> Self {
        Self(object)
    }

    /// Takes a body apart.
    ///
    /// # Errors
    /// 400 where it is empty, or no JSON object.
    pub(super) fn read(body: &[u8]) -> Result<Self, ClassicError> {
        let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
        if body.iter().all(u8::is_ascii_whitespace) {
            return Err(ClassicError::body_empty());
        }
        match serde_json::from_slice(body) {
            Ok(Value::Object(fields)) => Ok(Self(fields)),
            Ok(_) => Err(ClassicError::body_invalid("the body is no JSON object")),
            Err(error) => Err(ClassicError::body_invalid(&error.to_string())),
        }
    }

    /// The field of this name, written in any case; `null` counts as absent.
    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        let exact = self.0.get(name);
        let found = exact.or_else(|| {
            let like = |(key, _): &(&String, &Value)| key.eq_ignore_ascii_case(name);
            self.0.iter().find(like).map(|(_, value)| value)
        });
        found.filter(|value| !value.is_null())
    }

    /// A text.
    pub(super) fn text(&self, name: &str) -> Result<Option<&str>, ClassicError> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(error::bad_value(name, format!("{name} is a text."))),
        }
    }

    /// A truth value: `true`, `"True"`.
    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>, ClassicError> {
        let read = match self.get(name) {
            None => return Ok(None),
            Some(Value::Bool(flag)) => Some(*flag),
            Some(Value::String(text)) if text.trim().eq_ignore_ascii_case("true") => Some(true),
            Some(Value::String(text)) if text.trim().eq_ignore_ascii_case("false") => Some(false),
            Some(_) => None,
        };
        let wrong = || error::bad_value(name, format!("{name} is true or false."));
        read.map(Some).ok_or_else(wrong)
    }

    /// A whole number from 0 on: `20`, `"20"`.
    pub(super) fn whole(&self, name: &str) -> Result<Option<u32>, ClassicError> {
        let read = match self.get(name) {
            None => return Ok(None),
            Some(Value::Number(number)) => number.as_u64().and_then(|n| u32::try_from(n).ok()),
            Some(Value::String(text)) => text.trim().parse().ok(),
            Some(_) => None,
        };
        let wrong = || error::bad_value(name, format!("{name} is a whole number."));
        read.map(Some).ok_or_else(wrong)
    }

    /// What the fields ask for as a throttle, in a workspace with this cap; `None` where they say nothing of
    /// it. At level Low the number is ignored, as classic did; without a level it is `present`'s, or High for
    /// a new endpoint.
    pub(super) fn throttle(
        &self,
        present: Option<Throttle>,
        cap: u32,
    ) -> Result<Option<Throttle>, ClassicError> {
        if self.get("MaxConcurrentCalls").is_none() && self.get("ThrottleLevel").is_none() {
            return Ok(None);
        }
        let calls = self.whole("MaxConcurrentCalls")?;
        let level = match self.text("ThrottleLevel")? {
            None => present.map(|present| present.level),
            Some(text) if text.eq_ignore_ascii_case("low") => Some(ThrottleLevel::Low),
            Some(text) if text.eq_ignore_ascii_case("high") => Some(ThrottleLevel::High),
            Some(_) => {
                let words = "ThrottleLevel is Low or High.";
                return Err(error::bad_value("ThrottleLevel", words));
            }
        };
        // Classic knew no queue: what is set stays.
        let (queue_ms, queue_max) =
            present.map_or((0, 0), |present| (present.queue_ms, present.queue_max));
        let high = |calls| Throttle {
            level: ThrottleLevel::High,
            max_concurrent_calls: calls,
            queue_ms,
            queue_max,
        };
        Ok(Some(match (level, calls) {
            (Some(ThrottleLevel::Low), _) => Throttle {
                queue_ms,
                queue_max,
                ..Throttle::LOW
            },
            (_, Some(calls)) => high(calls),
            // High as it is; on the way up from Low, as a new endpoint has it.
            (_, None) => present
                .filter(|present| present.level == ThrottleLevel::High)
                .unwrap_or_else(|| Throttle {
                    queue_ms,
                    queue_max,
                    ..Throttle::default_under(cap)
                }),
        }))
    }

    /// The logging level.
    pub(super) fn logging(&self) -> Result<Option<Logging>, ClassicError> {
        let name = "DiagnosticsTraceLevel";
        let Some(text) = self.text(name)? else {
            return Ok(None);
        };
        let levels = [
            ("None", Logging::None),
            ("Error", Logging::Error),
            ("All", Logging::All),
        ];
        let found = levels
            .into_iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(text));
        let wrong = || error::bad_value(name, format!("{name} is None, Error or All."));
        found.map(|(_, level)| Some(level)).ok_or_else(wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(text: &str) -> Fields {
        Fields::read(text.as_bytes()).unwrap()
    }

    #[test]
    fn what_is_no_object_is_refused() {
        for (body, code) in [
            ("", "RequestIsEmpty"),
            (" \r\n", "RequestIsEmpty"),
            ("\u{feff}", "RequestIsEmpty"),
            ("[]", "RequestBodyInvalid"),
            ("\"a\"", "RequestBodyInvalid"),
            ("{", "RequestBodyInvalid"),
            ("{}{}", "RequestBodyInvalid"),
        ] {
            let error = Fields::read(body.as_bytes()).unwrap_err();
            assert_eq!((error.status.as_u16(), error.details[0].code), (400, code));
        }
        assert_eq!(fields("\u{feff}{}"), Fields::default());
    }

    #[test]
    fn values_may_be_written_as_texts() {
        let read = fields(r#"{"a":"True","b":false,"N":"20","m":7,"t":"x","z":null}"#);
        assert_eq!(read.flag("A"), Ok(Some(true)));
        assert_eq!(read.flag("b"), Ok(Some(false)));
        assert_eq!(read.whole("n"), Ok(Some(20)));
        assert_eq!(read.whole("m"), Ok(Some(7)));
        assert_eq!(read.text("T"), Ok(Some("x")));
        assert_eq!((read.flag("z"), read.text("no")), (Ok(None), Ok(None)));
    }

    #[test]
    fn wrong_values_are_named() {
        let named = |text: &str, read: fn(&Fields) -> Option<ClassicError>| {
            let error = read(&fields(text)).unwrap();
            assert_eq!(error.details[0].code, "BadParameterValue");
            error.details[0].target.clone().unwrap()
        };
        for text in [r#"{"a":1}"#, r#"{"a":"yes"}"#, r#"{"a":[]}"#] {
            assert_eq!(named(text, |fields| fields.flag("a").err()), "a");
        }
        for text in [
            r#"{"a":-1}"#,
            r#"{"a":1.5}"#,
            r#"{"a":"x"}"#,
            r#"{"a":4294967296}"#,
        ] {
            assert_eq!(named(text, |fields| fields.whole("a").err()), "a");
        }
        let level = r#"{"ThrottleLevel":"Medium"}"#;
        assert_eq!(
            named(level, |fields| fields.throttle(None, 200).err()),
            "ThrottleLevel"
        );
        let trace = r#"{"DiagnosticsTraceLevel":"Verbose"}"#;
        assert_eq!(
            named(trace, |fields| fields.logging().err()),
            "DiagnosticsTraceLevel"
        );
    }

    #[test]
    fn a_throttle_is_what_classic_made_of_it() {
        let high = |calls| Throttle {
            level: ThrottleLevel::High,
            max_concurrent_calls: calls,
            queue_ms: 0,
            queue_max: 0,
        };
        let check = |text: &str, present, expected| {
            assert_eq!(fields(text).throttle(present, 15), Ok(expected), "{text}");
        };
        check("{}", None, None);
        check(
            r#"{"ThrottleLevel":"Low","MaxConcurrentCalls":99}"#,
            None,
            Some(Throttle::LOW),
        );
        check(
            r#"{"ThrottleLevel":"High","MaxConcurrentCalls":null}"#,
            None,
            Some(high(15)),
        );
        check(
            r#"{"ThrottleLevel":"high","MaxConcurrentCalls":30}"#,
            None,
            Some(high(30)),
        );
        check(r#"{"MaxConcurrentCalls":30}"#, None, Some(high(30)));
        check(
            r#"{"MaxConcurrentCalls":30}"#,
            Some(high(4)),
            Some(high(30)),
        );
        check(
            r#"{"MaxConcurrentCalls":30}"#,
            Some(Throttle::LOW),
            Some(Throttle::LOW),
        );
        check(r#"{"ThrottleLevel":"High"}"#, Some(high(4)), Some(high(4)));
        check(
            r#"{"ThrottleLevel":"High"}"#,
            Some(Throttle::LOW),
            Some(high(15)),
        );
    }
}
