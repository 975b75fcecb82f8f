//! What customising and updating do to an endpoint's trained models: worked out as a plan that can be
//! shown before anything happens, and that the server then carries out as it stands.
//!
//! A version's pipeline has *slots*: named trained models that an endpoint may replace by models of its
//! own. An endpoint's own models change only by an act that names them or by an update that is told to
//! overwrite; everything else of an endpoint is what its version says. Must not know databases or models:
//! it is told what each model takes and gives.

use std::collections::BTreeMap;
use std::fmt;

/// A tensor that a model takes or gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// Its name in the graph.
    pub name: String,
    /// Its element type, in words: `text`, `32-bit float`.
    pub element: String,
    /// How many rows it has; `None` where that is open, as it has to be for tables.
    pub rows: Option<u64>,
    /// Values in a row; `None` where the model leaves that open.
    pub width: Option<u64>,
}

/// What a model takes and gives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Interface {
    /// The tensors that it needs.
    pub inputs: Vec<Port>,
    /// The tensors that it makes.
    pub outputs: Vec<Port>,
}

/// A model by its digest, and what it takes and gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    /// SHA-256 in hexadecimal.
    pub sha256: String,
    /// What it takes and gives.
    pub interface: Interface,
}

/// The slots of a version: its own model for each resource.
pub type Slots = BTreeMap<String, Model>;

/// An endpoint as far as its models are concerned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Serving {
    /// Whether it is `default`, which follows the newest version and takes no models of its own.
    pub is_default: bool,
    /// Whether updates are to pass it by.
    pub prevent_update: bool,
    /// The version that it serves.
    pub version: u32,
    /// That version's slots.
    pub slots: Slots,
    /// Its own models by resource.
    pub own: Slots,
}

/// A version that an endpoint may be updated to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Its number.
    pub version: u32,
    /// Its slots.
    pub slots: Slots,
}

/// Which side of a model a tensor is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// It is needed.
    Input,
    /// It is made.
    Output,
}

/// One way in which a model does not fit a slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// The slot has a tensor that the model does not have.
    Missing(Side, String),
    /// The model has a tensor that the slot does not have.
    Unexpected(Side, String),
    /// The element types differ: the slot's, then the model's.
    Element(Side, String, String, String),
    /// The widths differ: the slot's, then the model's.
    Width(Side, String, u64, u64),
    /// The slot takes any number of rows, the model's input only this one.
    Rows(String, u64),
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Input => "input",
            Self::Output => "output",
        })
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(side, name) => write!(f, "{side} “{name}” is missing"),
            Self::Unexpected(side, name) => write!(f, "{side} “{name}” is not expected"),
            Self::Element(side, name, expected, found) => {
                write!(f, "{side} “{name}” is {found}, expected {expected}")
            }
            Self::Width(side, name, expected, found) => write!(
                f,
                "{side} “{name}” has {found} values a row, expected {expected}"
            ),
            Self::Rows(name, rows) => {
                write!(
                    f,
                    "input “{name}” takes {rows} rows at a time, expected any number"
                )
            }
        }
    }
}

/// Everything that keeps a model from standing in a slot; empty if it fits.
///
/// The tensors must be the same by name, element type and width; where either side leaves a width open,
/// it fits. Their order makes no difference, since they are found by name.
pub fn differences(slot: &Interface, model: &Interface) -> Vec<Difference> {
    let mut found = Vec::new();
    compare(Side::Input, &slot.inputs, &model.inputs, &mut found);
    compare(Side::Output, &slot.outputs, &model.outputs, &mut found);
    found
}

fn compare(side: Side, slot: &[Port], model: &[Port], found: &mut Vec<Difference>) {
    for expected in slot {
        let name = || expected.name.clone();
        let Some(port) = model.iter().find(|port| port.name == expected.name) else {
            found.push(Difference::Missing(side, name()));
            continue;
        };
        if port.element != expected.element {
            let (want, have) = (expected.element.clone(), port.element.clone());
            found.push(Difference::Element(side, name(), want, have));
        }
        if let (Some(want), Some(have)) = (expected.width, port.width)
            && want != have
        {
            found.push(Difference::Width(side, name(), want, have));
        }
        // What a graph declares of its outputs' rows binds nobody; what of its inputs', it insists on.
        if let (Side::Input, None, Some(rows)) = (side, expected.rows, port.rows) {
            found.push(Difference::Rows(name(), rows));
        }
    }
    for port in model {
        if !slot.iter().any(|expected| expected.name == port.name) {
            found.push(Difference::Unexpected(side, port.name.clone()));
        }
    }
}

/// Why a model can't be put into an endpoint's slot.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CustomiseProblem {
    /// `default` takes no models of its own.
    #[error(
        "The default endpoint follows the newest version and takes no models of its own. Add an endpoint and customise that."
    )]
    Default,
    /// The version has no slots, and so none of this name.
    #[error("This Web Service has no updatable resources.")]
    NoSlots(String),
    /// The version has no slot of this name.
    #[error("This Web Service has no updatable resource “{resource}”. It has: {}.", .known.join(", "))]
    UnknownSlot {
        /// The name.
        resource: String,
        /// The names that there are.
        known: Vec<String>,
    },
    /// The model takes or gives something else.
    #[error("The model does not fit “{resource}”: {}.", words(.differences))]
    DoesNotFit {
        /// The slot.
        resource: String,
        /// Each difference.
        differences: Vec<Difference>,
    },
}

/// Differences as one sentence, without its full stop.
pub fn words(differences: &[Difference]) -> String {
    let texts: Vec<String> = differences.iter().map(ToString::to_string).collect();
    texts.join("; ")
}

/// The slot of this name, if the endpoint may have a model of its own there.
///
/// # Errors
/// [`CustomiseProblem`], but for the fit.
pub fn slot<'a>(serving: &'a Serving, resource: &str) -> Result<&'a Model, CustomiseProblem> {
    if serving.is_default {
        return Err(CustomiseProblem::Default);
    }
    if serving.slots.is_empty() {
        return Err(CustomiseProblem::NoSlots(resource.to_owned()));
    }
    serving
        .slots
        .get(resource)
        .ok_or_else(|| CustomiseProblem::UnknownSlot {
            resource: resource.to_owned(),
            known: serving.slots.keys().cloned().collect(),
        })
}

/// The endpoint's own models once these are put in; those that are not named stay as they are.
///
/// # Errors
/// [`CustomiseProblem`] for the first that can't be; nothing changes then.
pub fn customise(serving: &Serving, models: &Slots) -> Result<Slots, CustomiseProblem> {
    let mut own = serving.own.clone();
    for (resource, model) in models {
        let differences = differences(&slot(serving, resource)?.interface, &model.interface);
        if !differences.is_empty() {
            return Err(CustomiseProblem::DoesNotFit {
                resource: resource.clone(),
                differences,
            });
        }
        own.insert(resource.clone(), model.clone());
    }
    Ok(own)
}

/// The endpoint's own models without the one for this resource; `None` if it has none there.
pub fn uncustomise(serving: &Serving, resource: &str) -> Option<Slots> {
    let mut own = serving.own.clone();
    own.remove(resource).map(|_| own)
}

/// What becomes of one resource in an update.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The new version's model is taken; the endpoint had none of its own.
    Taken,
    /// The endpoint's own model stays.
    Kept,
    /// The endpoint's own model gives way to the new version's, as was asked.
    Overwritten,
    /// The endpoint has its own model, and the new version has no such resource.
    Gone,
    /// The endpoint's own model does not fit the new version's slot.
    NoLongerFits(Vec<Difference>),
    /// The new version no longer has the resource; the endpoint had no model of its own there, or goes back
    /// to when it had none.
    Dropped,
    /// The endpoint's own model of an earlier revision is there again.
    Restored,
}

/// One resource in a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The resource.
    pub resource: String,
    /// What becomes of it.
    pub fate: Fate,
    /// Digest of the model that runs there now; absent where the resource is new.
    pub before: Option<String>,
    /// Digest of the model that would run there; absent where none would.
    pub after: Option<String>,
}

/// Why an update is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UpdateProblem {
    /// `default` moves by itself.
    #[error("The default endpoint follows the newest version by itself and can't be updated.")]
    Default,
    /// The endpoint's flag *prevent update* is set.
    #[error("Updates of this endpoint are prevented. Switch “prevent update” off first.")]
    Prevented,
    /// Own models have no place in the new version.
    #[error("{}", .0.iter().map(unfit).collect::<Vec<_>>().join(" "))]
    Unfit(Vec<Line>),
}

fn unfit(line: &Line) -> String {
    let resource = &line.resource;
    match &line.fate {
        Fate::NoLongerFits(differences) => format!(
            "The endpoint's own model for “{resource}” no longer fits the new version: {}.",
            words(differences)
        ),
        _ => format!(
            "The endpoint has its own model for “{resource}”, which the new version does not have."
        ),
    }
}

/// What an update would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The version served now.
    pub from: u32,
    /// The version served afterwards.
    pub to: u32,
    /// Each resource of either version or of the endpoint, by name.
    pub lines: Vec<Line>,
    /// The endpoint's own models afterwards.
    pub own: Slots,
    /// Why it is refused, if it is.
    pub problem: Option<UpdateProblem>,
}

impl Plan {
    /// Whether anything would be different afterwards.
    pub fn changes(&self) -> bool {
        let other = |line: &Line| matches!(line.fate, Fate::Overwritten | Fate::Restored);
        self.from != self.to || self.lines.iter().any(other)
    }

    /// Why it is refused, if that is to be said: where nothing would be different, only `default` is.
    pub fn refusal(&self) -> Option<&UpdateProblem> {
        let said = |problem: &&UpdateProblem| **problem == UpdateProblem::Default || self.changes();
        self.problem.as_ref().filter(said)
    }
}

fn names(all: [&Slots; 4]) -> Vec<&String> {
    let mut names: Vec<&String> = all.into_iter().flat_map(Slots::keys).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// The digest of what runs for a resource now.
fn running(serving: &Serving, resource: &str) -> Option<String> {
    let model = serving.own.get(resource);
    let model = model.or_else(|| serving.slots.get(resource));
    model.map(|model| model.sha256.clone())
}

/// Plans going back to a version and the own models of then. *Prevent update* does not stand in its way,
/// and what fitted then fits.
pub fn go_back(serving: &Serving, target: &Target, past: &Slots) -> Plan {
    let names = names([&serving.slots, &serving.own, &target.slots, past]);
    let line = |name: &String| {
        let (then, mine) = (past.get(name), serving.own.get(name));
        let slot = target.slots.get(name);
        let fate = match (then, slot) {
            (Some(then), _) if mine.is_some_and(|mine| mine.sha256 == then.sha256) => Fate::Kept,
            (Some(_), _) => Fate::Restored,
            (None, Some(_)) if mine.is_some() => Fate::Overwritten,
            (None, Some(_)) => Fate::Taken,
            (None, None) => Fate::Dropped,
        };
        Line {
            resource: name.clone(),
            fate,
            before: running(serving, name),
            after: then.or(slot).map(|model| model.sha256.clone()),
        }
    };
    Plan {
        from: serving.version,
        to: target.version,
        lines: names.into_iter().map(line).collect(),
        own: past.clone(),
        problem: serving.is_default.then_some(UpdateProblem::Default),
    }
}

/// Plans the update of an endpoint to a version. Own models are kept unless they are to be overwritten.
pub fn plan(serving: &Serving, target: &Target, overwrite: bool) -> Plan {
    let none = Slots::new();
    let names = names([&serving.slots, &serving.own, &target.slots, &none]);
    let (mut own, mut lines) = (Slots::new(), Vec::with_capacity(names.len()));
    for name in names {
        let slot = target.slots.get(name);
        let mine = serving.own.get(name);
        let fate = match (mine, slot) {
            (Some(_), _) if overwrite => Fate::Overwritten,
            (Some(_), None) => Fate::Gone,
            (Some(mine), Some(slot)) => {
                let differences = differences(&slot.interface, &mine.interface);
                if differences.is_empty() {
                    Fate::Kept
                } else {
                    Fate::NoLongerFits(differences)
                }
            }
            (None, Some(_)) => Fate::Taken,
            (None, None) => Fate::Dropped,
        };
        let after = match (&fate, mine) {
            (Fate::Kept, Some(mine)) => {
                own.insert(name.clone(), mine.clone());
                Some(mine.sha256.clone())
            }
            (Fate::Taken | Fate::Overwritten, _) => slot.map(|slot| slot.sha256.clone()),
            _ => None,
        };
        lines.push(Line {
            resource: name.clone(),
            before: running(serving, name),
            after,
            fate,
        });
    }
    let unfit: Vec<Line> = lines
        .iter()
        .filter(|line| matches!(line.fate, Fate::Gone | Fate::NoLongerFits(_)))
        .cloned()
        .collect();
    let problem = if serving.is_default {
        Some(UpdateProblem::Default)
    } else if serving.prevent_update {
        Some(UpdateProblem::Prevented)
    } else {
        (!unfit.is_empty()).then_some(UpdateProblem::Unfit(unfit))
    };
    Plan {
        from: serving.version,
        to: target.version,
        lines,
        own,
        problem,
    }
}

#[cfg(test)]
mod history;
#[cfg(test)]
mod tests;
