//! What *Configure* can change about an endpoint: the draft, what differs from what was read, and
//! what to do when somebody else changed it meanwhile. Plain values.

use super::limit::{LimitDraft, calls_in_words};
use portico_api::endpoint::{Endpoint, Logging, UpdateEndpoint};
use portico_api::name::check_description;

/// The most tags that an endpoint has, and the longest one in characters.
const TAGS_MAX: usize = 20;
const TAG_LENGTH_MAX: usize = 40;

/// A setting, in the order of the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// What the endpoint is for.
    Description,
    /// The throttle.
    Limit,
    /// Whether it refuses calls.
    Paused,
    /// Whether it is kept on its version.
    PreventUpdate,
    /// Which calls are logged.
    Logging,
    /// Whether callers may see the sample rows.
    SampleData,
    /// Labels.
    Tags,
}

impl Setting {
    /// All, in order.
    pub const ALL: [Self; 7] = [
        Self::Description,
        Self::Limit,
        Self::Paused,
        Self::PreventUpdate,
        Self::Logging,
        Self::SampleData,
        Self::Tags,
    ];

    /// Its name on the page.
    pub fn label(self) -> &'static str {
        match self {
            Self::Description => "Description",
            Self::Limit => "Throttle",
            Self::Paused => "Paused",
            Self::PreventUpdate => "Prevent update",
            Self::Logging => "Logging",
            Self::SampleData => "Sample data",
            Self::Tags => "Tags",
        }
    }
}

/// The settings as the form holds them.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// What the endpoint is for.
    pub description: String,
    /// The throttle.
    pub limit: LimitDraft,
    /// Whether it refuses calls.
    pub paused: bool,
    /// Whether it is kept on its version.
    pub prevent_update: bool,
    /// Which calls are logged.
    pub logging: Logging,
    /// Whether callers may see the sample rows.
    pub sample_data_enabled: bool,
    /// Labels, separated by commas.
    pub tags: String,
}

impl Settings {
    /// The settings of an endpoint in a workspace with this cap.
    pub fn of(endpoint: &Endpoint, cap: u32) -> Self {
        Self {
            description: endpoint.description.clone(),
            limit: LimitDraft::of(endpoint.throttle, cap),
            paused: endpoint.paused,
            prevent_update: endpoint.prevent_update,
            logging: endpoint.logging,
            sample_data_enabled: endpoint.sample_data_enabled,
            tags: endpoint.tags.join(", "),
        }
    }

    /// The settings that differ from `other`, in the form's order.
    pub fn differences(&self, other: &Self) -> Vec<Setting> {
        let differs = |setting: &Setting| match setting {
            Setting::Description => self.description != other.description,
            Setting::Limit => !self.limit.means_same(&other.limit),
            Setting::Paused => self.paused != other.paused,
            Setting::PreventUpdate => self.prevent_update != other.prevent_update,
            Setting::Logging => self.logging != other.logging,
            Setting::SampleData => self.sample_data_enabled != other.sample_data_enabled,
            Setting::Tags => split_tags(&self.tags) != split_tags(&other.tags),
        };
        Setting::ALL.into_iter().filter(differs).collect()
    }

    /// A setting's value in words.
    pub fn shown(&self, setting: Setting) -> String {
        let on = |flag| if flag { "on" } else { "off" };
        match setting {
            Setting::Description => self.description.clone(),
            Setting::Limit => match self.limit.read(u32::MAX) {
                Ok(throttle) => {
                    let mut words = calls_in_words(throttle.max_concurrent_calls);
                    if throttle.places() > 0 {
                        words.push_str(&format!(
                            ", {} wait {} ms",
                            throttle.queue_max, throttle.queue_ms
                        ));
                    }
                    words
                }
                Err(_) => self.limit.calls.clone(),
            },
            Setting::Paused => on(self.paused).to_owned(),
            Setting::PreventUpdate => on(self.prevent_update).to_owned(),
            Setting::Logging => logging_word(self.logging).to_owned(),
            Setting::SampleData => on(self.sample_data_enabled).to_owned(),
            Setting::Tags => self.tags.clone(),
        }
    }

    /// Takes one setting over from `other`.
    pub fn take(&mut self, setting: Setting, other: &Self) {
        match setting {
            Setting::Description => self.description.clone_from(&other.description),
            Setting::Limit => self.limit = other.limit.clone(),
            Setting::Paused => self.paused = other.paused,
            Setting::PreventUpdate => self.prevent_update = other.prevent_update,
            Setting::Logging => self.logging = other.logging,
            Setting::SampleData => self.sample_data_enabled = other.sample_data_enabled,
            Setting::Tags => self.tags.clone_from(&other.tags),
        }
    }

    /// The request that turns `base` into this: only what differs.
    ///
    /// # Errors
    /// Every setting that breaks a rule, with the rule in words.
    pub fn changes(&self, base: &Self, cap: u32) -> Result<UpdateEndpoint, Vec<(Setting, String)>> {
        let mut update = UpdateEndpoint::default();
        let mut errors = Vec::new();
        for setting in self.differences(base) {
            match setting {
                Setting::Description => match check_description(&self.description) {
                    Ok(()) => update.description = Some(self.description.clone()),
                    Err(problem) => errors.push((setting, problem.to_string())),
                },
                Setting::Limit => match self.limit.read(cap) {
                    Ok(throttle) => update.throttle = Some(throttle),
                    Err(problem) => errors.push((setting, problem.to_string())),
                },
                Setting::Paused => update.paused = Some(self.paused),
                Setting::PreventUpdate => update.prevent_update = Some(self.prevent_update),
                Setting::Logging => update.logging = Some(self.logging),
                Setting::SampleData => update.sample_data_enabled = Some(self.sample_data_enabled),
                Setting::Tags => match read_tags(&self.tags) {
                    Ok(tags) => update.tags = Some(tags),
                    Err(rule) => errors.push((setting, rule.to_owned())),
                },
            }
        }
        if errors.is_empty() {
            Ok(update)
        } else {
            Err(errors)
        }
    }
}

/// Somebody else saved first: what collides, and what only they changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Conflict {
    /// What this person has in the form.
    pub mine: Settings,
    /// What is stored now.
    pub theirs: Settings,
    /// Settings that both changed, to different values: someone picks.
    pub to_pick: Vec<Setting>,
    /// Settings that only this person changed: they stay changed.
    pub kept: Vec<Setting>,
    /// Settings that only the other changed: theirs is taken.
    pub taken: Vec<Setting>,
}

impl Conflict {
    /// Compares what was read (`base`), what is in the form (`mine`) and what is stored now
    /// (`theirs`).
    pub fn between(base: &Settings, mine: &Settings, theirs: &Settings) -> Self {
        let by_me = mine.differences(base);
        let by_them = theirs.differences(base);
        let apart = mine.differences(theirs);
        let pick = |all: &[Setting], keep: &dyn Fn(&Setting) -> bool| {
            all.iter()
                .copied()
                .filter(|setting| keep(setting))
                .collect()
        };
        Self {
            to_pick: pick(&by_me, &|s| by_them.contains(s) && apart.contains(s)),
            kept: pick(&by_me, &|s| !by_them.contains(s)),
            taken: pick(&by_them, &|s| !by_me.contains(s)),
            mine: mine.clone(),
            theirs: theirs.clone(),
        }
    }

    /// What the form holds afterwards: theirs, with what only this person changed, and with `keep`
    /// of what both changed.
    pub fn settled(&self, keep: &[Setting]) -> Settings {
        let mut settled = self.theirs.clone();
        let picked = keep.iter().filter(|setting| self.to_pick.contains(setting));
        for setting in picked.chain(&self.kept) {
            settled.take(*setting, &self.mine);
        }
        settled
    }
}

/// A logging level as a choice names it.
pub fn logging_word(logging: Logging) -> &'static str {
    match logging {
        Logging::None => "None",
        Logging::Error => "Errors",
        Logging::All => "All calls",
    }
}

/// The tags in a text: between commas, without surrounding spaces, each once.
pub fn split_tags(text: &str) -> Vec<String> {
    let mut tags: Vec<String> = Vec::new();
    for tag in text.split(',').map(str::trim).filter(|tag| !tag.is_empty()) {
        if !tags.iter().any(|known| known == tag) {
            tags.push(tag.to_owned());
        }
    }
    tags
}

fn read_tags(text: &str) -> Result<Vec<String>, &'static str> {
    let tags = split_tags(text);
    if tags.len() > TAGS_MAX {
        return Err("At most 20 tags.");
    }
    if tags.iter().any(|tag| tag.chars().count() > TAG_LENGTH_MAX) {
        return Err("A tag has at most 40 characters.");
    }
    Ok(tags)
}

#[cfg(test)]
mod tests {
    use super::*;
    use portico_api::throttle::{Throttle, ThrottleLevel};

    fn settings() -> Settings {
        Settings {
            description: "For Acme".to_owned(),
            limit: LimitDraft::of(Throttle::LOW, 200),
            paused: false,
            prevent_update: false,
            logging: Logging::None,
            sample_data_enabled: true,
            tags: "a, b".to_owned(),
        }
    }

    #[test]
    fn only_what_differs_is_sent() {
        let base = settings();
        let mut draft = base.clone();
        draft.tags = "a ,b,, a".to_owned();
        assert_eq!(draft.changes(&base, 200), Ok(UpdateEndpoint::default()));
        draft.paused = true;
        assert_eq!(
            draft.changes(&base, 200),
            Ok(UpdateEndpoint {
                paused: Some(true),
                ..UpdateEndpoint::default()
            })
        );
    }

    #[test]
    fn a_limit_above_a_lowered_cap_stays_until_it_is_changed() {
        let mut base = settings();
        base.limit = LimitDraft {
            level: ThrottleLevel::High,
            calls: "50".to_owned(),
            ..base.limit
        };
        let mut draft = base.clone();
        draft.description.clear();
        assert!(draft.changes(&base, 10).is_ok());
        draft.limit.calls = "40".to_owned();
        let errors = draft.changes(&base, 10).err().unwrap_or_default();
        assert_eq!(errors.len(), 1);
        assert_eq!(errors[0].0, Setting::Limit);
    }

    #[test]
    fn a_conflict_asks_about_what_collides_only() {
        let base = settings();
        let mut mine = base.clone();
        mine.description = "Mine".to_owned();
        mine.paused = true;
        mine.logging = Logging::All;
        let mut theirs = base.clone();
        theirs.description = "Theirs".to_owned();
        theirs.tags = "c".to_owned();
        theirs.logging = Logging::All;
        let conflict = Conflict::between(&base, &mine, &theirs);
        assert_eq!(conflict.to_pick, [Setting::Description]);
        assert_eq!(conflict.kept, [Setting::Paused]);
        assert_eq!(conflict.taken, [Setting::Tags]);
        let settled = conflict.settled(&[]);
        assert_eq!(settled.description, "Theirs");
        assert_eq!(settled.tags, "c");
        assert!(settled.paused);
        assert_eq!(conflict.settled(&conflict.to_pick).description, "Mine");
    }

    #[test]
    fn tags_have_their_rules() {
        let base = settings();
        let with = |tags: String| {
            let draft = Settings { tags, ..settings() };
            draft
                .changes(&base, 200)
                .err()
                .map(|errors| errors[0].1.clone())
        };
        let many: Vec<String> = (0..21).map(|n| n.to_string()).collect();
        assert_eq!(with(many.join(",")), Some("At most 20 tags.".to_owned()));
        assert!(with("x".repeat(41)).is_some());
        assert_eq!(with("é".repeat(40)), None);
    }

    #[test]
    fn values_are_shown_in_words() {
        let settings = settings();
        assert_eq!(settings.shown(Setting::Limit), "4 calls at once");
        assert_eq!(settings.shown(Setting::SampleData), "on");
        assert_eq!(settings.shown(Setting::Logging), "None");
    }
}
