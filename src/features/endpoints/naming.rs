//! What is known of a name while it is being typed. A small state machine, so that late answers and
//! early errors can't happen by accident; timers and requests belong to the view.

use portico_api::name::{Availability, NameProblem, check_endpoint_name};

/// What stands under the name field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameStatus {
    /// Nothing to say: untouched, or still typing.
    Silent,
    /// The rule that the name breaks.
    Broken(NameProblem),
    /// The rule is kept; whether the name is free is being asked.
    Checking,
    /// What the server said.
    Known(Availability),
    /// The server could not be asked; submitting will tell.
    Unknown,
}

/// The name's status and the number of its newest change: answers to older ones are dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NameWatch {
    change: u32,
    status: NameStatus,
}

impl NameWatch {
    /// An untouched field.
    pub const UNTOUCHED: Self = Self {
        change: 0,
        status: NameStatus::Silent,
    };

    /// What to show.
    pub fn status(&self) -> NameStatus {
        self.status
    }

    /// The text changed. Errors go at once when it is right; new ones wait for [`Self::settled`].
    /// Returns the number to hand to it.
    pub fn typed(&mut self, text: &str) -> u32 {
        self.change = self.change.wrapping_add(1);
        self.status = match (check_endpoint_name(text), self.status) {
            (Ok(()), _) => NameStatus::Checking,
            // An error that stands and still holds is not taken away only to come back.
            (Err(problem), NameStatus::Broken(_)) => NameStatus::Broken(problem),
            (Err(_), _) => NameStatus::Silent,
        };
        self.change
    }

    /// Nothing was typed for a moment since change `change`. Says whether to ask the server.
    pub fn settled(&mut self, change: u32, text: &str) -> bool {
        if change != self.change {
            return false;
        }
        match check_endpoint_name(text) {
            Ok(()) => true,
            Err(problem) => {
                self.status = NameStatus::Broken(problem);
                false
            }
        }
    }

    /// The server's answer for change `change`; `None` if it gave none.
    pub fn answered(&mut self, change: u32, answer: Option<Availability>) {
        if change == self.change && self.status == NameStatus::Checking {
            self.status = answer.map_or(NameStatus::Unknown, NameStatus::Known);
        }
    }

    /// The form was sent: even an untouched field shows its error now.
    pub fn submitted(&mut self, text: &str) {
        if let Err(problem) = check_endpoint_name(text) {
            self.status = NameStatus::Broken(problem);
        }
    }

    /// The server refused the name on submit.
    pub fn refused(&mut self, reason: Availability) {
        self.change = self.change.wrapping_add(1);
        self.status = NameStatus::Known(reason);
    }
}

impl NameStatus {
    /// The error under the field, if there is one.
    pub fn error(self) -> Option<String> {
        match self {
            Self::Broken(problem) => Some(problem.to_string()),
            Self::Known(Availability::Taken) => {
                Some("This service has an endpoint with this name already.".to_owned())
            }
            Self::Known(Availability::Reserved) => {
                Some("A deleted endpoint that can still be restored has this name.".to_owned())
            }
            Self::Silent | Self::Checking | Self::Unknown | Self::Known(Availability::Free) => None,
        }
    }

    /// The note beside the field, if there is one.
    pub fn note(self) -> Option<&'static str> {
        match self {
            Self::Checking => Some("Checking…"),
            Self::Known(Availability::Free) => Some("Free"),
            Self::Unknown => Some("Could not be checked now; creating it will tell."),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_waits_and_goes_with_the_first_valid_keystroke() {
        let mut watch = NameWatch::UNTOUCHED;
        let first = watch.typed("A");
        assert_eq!(watch.status(), NameStatus::Silent);
        assert!(!watch.settled(first, "A"));
        assert_eq!(watch.status(), NameStatus::Broken(NameProblem::UpperCase));
        watch.typed("A-");
        assert_eq!(watch.status(), NameStatus::Broken(NameProblem::UpperCase));
        let valid = watch.typed("a");
        assert_eq!(watch.status(), NameStatus::Checking);
        assert!(watch.settled(valid, "a"));
    }

    #[test]
    fn late_answers_are_dropped() {
        let mut watch = NameWatch::UNTOUCHED;
        let old = watch.typed("acme");
        let new = watch.typed("acme2");
        watch.answered(old, Some(Availability::Taken));
        assert_eq!(watch.status(), NameStatus::Checking);
        watch.answered(new, Some(Availability::Free));
        assert_eq!(watch.status(), NameStatus::Known(Availability::Free));
        assert!(!watch.settled(old, "acme"));
    }

    #[test]
    fn an_answer_after_the_server_refused_changes_nothing() {
        let mut watch = NameWatch::UNTOUCHED;
        let change = watch.typed("acme");
        watch.refused(Availability::Taken);
        watch.answered(change, Some(Availability::Free));
        assert!(watch.status().error().is_some());
    }

    #[test]
    fn an_untouched_field_shows_its_error_on_submit_only() {
        let mut watch = NameWatch::UNTOUCHED;
        assert_eq!(watch.status().error(), None);
        watch.submitted("");
        assert_eq!(watch.status(), NameStatus::Broken(NameProblem::Empty));
    }

    #[test]
    fn no_answer_is_told_apart_from_free() {
        let mut watch = NameWatch::UNTOUCHED;
        let change = watch.typed("acme");
        watch.answered(change, None);
        assert_eq!(watch.status(), NameStatus::Unknown);
        assert_eq!(watch.status().error(), None);
    }
}
